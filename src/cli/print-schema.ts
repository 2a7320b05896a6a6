import { readFile, writeFile } from 'node:fs/promises'
import { printSchema } from 'graphql'
import { createSchema } from '../graphql/schema.ts'

const FILE = 'schema.graphql'

/** Returns the text of schema.graphql. */
export const schemaText = () => `${printSchema(createSchema())}\n`

/** Writes schema.graphql. With --check, only reports whether it is current. */
async function main(check: boolean): Promise<void> {
  if (!check) return writeFile(FILE, schemaText())
  const committed = await readFile(FILE, 'utf8').catch(() => '')
  if (committed === schemaText()) return
  console.error(`${FILE} does not match src/graphql. Run "npm run schema" and review the changes.`)
  process.exitCode = 1
}

if (import.meta.main) await main(process.argv.includes('--check'))
