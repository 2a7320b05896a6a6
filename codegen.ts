import type { CodegenConfig } from '@graphql-codegen/cli'

/** Typed documents for the tests, the demo and the console, from the committed schema and their own operations. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['test/**/*.ts', 'src/cli/**/*.ts'],
  ignoreNoDocuments: true,
  emitLegacyCommonJSImports: false,
  importExtension: '.ts',
  generates: {
    'src/generated/graphql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown', URL: 'string' },
        documentMode: 'documentNode',
      },
    },
  },
}

export default config
