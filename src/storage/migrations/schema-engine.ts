import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'

// TypeScript has its types only among those of the browser.
declare const WebAssembly: {
  instantiate(program: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>
}

/** OIDs of PostgreSQL's types "char", which its catalogs use, and char(n). */
const CATALOG_CHAR = 18
const BPCHAR = 1042

/**
 * Prisma's schema engine, as WebAssembly, over one connection: what it does can be put into a transaction on it. Ending
 * the connection lets go of the lock that the engine takes on it. `onScriptError` gets what PostgreSQL says to a script
 * that fails: within a transaction the engine itself throws another error, of not being able to record this one.
 */
export async function startSchemaEngine(
  client: pg.Client,
  onScriptError: (error: Error) => void = () => {},
): Promise<SchemaEngine> {
  loaded ??= loadEngine()
  const { SchemaEngine } = await loaded
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterOver(client, onScriptError))
  return SchemaEngine.new({ datamodels: undefined }, () => {}, adapter)
}

/** Once a process: the bindings know one instance, and a second one would break the engines of the first. */
let loaded: ReturnType<typeof loadEngine> | undefined

/** As the package's own entry does, which has Node import a .wasm file and so print a warning that this is experimental. */
async function loadEngine(): Promise<typeof import('@prisma/schema-engine-wasm')> {
  const path = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const [bindings, program] = await Promise.all([
    import('@prisma/schema-engine-wasm/schema_engine_bg'),
    readFile(path.replace(/\.js$/, '.wasm')),
  ])
  const { instance } = await WebAssembly.instantiate(program, { './schema_engine_bg.js': bindings })
  const exports = instance.exports as { __wbindgen_start(): void }
  bindings.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
  return bindings
}

/** Prisma's adapter, made to use the one connection and rid of two faults that matter here. */
function adapterOver(
  client: pg.Client,
  onScriptError: (error: Error) => void,
): SqlMigrationAwareDriverAdapterFactory {
  const connect = async (): Promise<SqlDriverAdapter> => {
    let chars: number[] = []
    const pool = new pg.Pool()
    pool.query = async (...query: unknown[]) => {
      const result = await (client.query as (...query: unknown[]) => Promise<pg.QueryResult>)(
        ...query,
      )
      chars = hideCatalogChars(result)
      return result
    }
    const adapter = await new PrismaPg(pool).connect()
    const queryRaw = adapter.queryRaw.bind(adapter)
    return Object.assign(adapter, {
      // The adapter knows no "char", without which the engine cannot read a database.
      queryRaw: async (query: Parameters<typeof queryRaw>[0]) => {
        const result = await queryRaw(query)
        for (const index of chars) result.columnTypes[index] = ColumnTypeEnum.Character
        return result
      },
      // The adapter cuts a script at every semicolon, also at those within a function's body.
      executeScript: async (script: string) => {
        await client.query(script).catch((error) => {
          onScriptError(error)
          throw error
        })
      },
    })
  }
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect,
    connectToShadowDb: connect,
  }
}

/** Passes "char" off as char(n) and returns the columns that it did that to. */
function hideCatalogChars(result: pg.QueryResult): number[] {
  const columns = result.fields.flatMap((field, index) =>
    field.dataTypeID === CATALOG_CHAR ? [index] : [],
  )
  for (const index of columns) result.fields[index]!.dataTypeID = BPCHAR
  return columns
}
