import { defineConfig } from 'prisma/config'

// The CLI would download a native schema engine, which `generate`, `validate` and `format` do not use. With the path of any
// existing executable it downloads nothing, so `npm ci` needs only the npm registry.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath

export default defineConfig({ schema: 'prisma/schema.prisma' })
