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

/** Typed documents from the committed schema and each side's own operations: tests and demo, and the console. */
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
