import type { CodegenConfig } from '@graphql-codegen/cli'

const documents = {
  preset: 'client' as const,
  presetConfig: { fragmentMasking: false },
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown', URL: 'string' },
    documentMode: 'documentNode' as const,
  },
}

/** Generates typed documents from schema.graphql, for the tests and the demo and for the console. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  ignoreNoDocuments: true,
  emitLegacyCommonJSImports: false,
  importExtension: '.ts',
  generates: {
    'src/generated/graphql/': {
      ...documents,
      documents: ['test/**/*.ts', '!test/clients/relay/**', 'src/cli/**/*.ts'],
    },
    'src/console/generated/': {
      ...documents,
      documents: ['src/console/**/*.{ts,tsx}', '!src/console/generated/**'],
    },
  },
}

export default config
