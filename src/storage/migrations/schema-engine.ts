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

// TypeScript has these types only in its library for browsers.
declare const WebAssembly: {
  instantiate(program: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>
}

/** The OIDs of "char", the type in the catalogs of PostgreSQL, and of char(n). */
const CATALOG_CHAR_OID = 18
const BPCHAR_OID = 1042

/**
 * Starts Prisma's schema engine, as WebAssembly, over one connection. Only development loads it. The caller can run it in a
 * transaction; ending the connection releases its lock.
 * @param onScriptError receives the error of PostgreSQL for a script that fails: in a transaction, the engine throws another
 *   error because it cannot record this one
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

/** Loaded once in a process: the bindings support one instance. */
let loaded: ReturnType<typeof loadEngine> | undefined

/** Loads the package as its own entry does, but without importing a .wasm file, for which Node prints a warning. */
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

/** Returns Prisma's adapter over one connection, with two of its faults corrected. */
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
      // The adapter does not support "char", which the engine needs to read a database.
      queryRaw: async (query: Parameters<typeof queryRaw>[0]) => {
        const result = await queryRaw(query)
        for (const index of chars) result.columnTypes[index] = ColumnTypeEnum.Character
        return result
      },
      // The adapter splits a script at every semicolon, including those in the body of a function.
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

/** Replaces "char" by char(n) and returns the indexes of these columns. */
function hideCatalogChars(result: pg.QueryResult): number[] {
  const columns = result.fields.flatMap((field, index) =>
    field.dataTypeID === CATALOG_CHAR_OID ? [index] : [],
  )
  for (const index of columns) result.fields[index]!.dataTypeID = BPCHAR_OID
  return columns
}
