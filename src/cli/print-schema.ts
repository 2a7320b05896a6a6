import { readFile, writeFile } from 'node:fs/promises'
import {
  type GraphQLNamedType,
  isIntrospectionType,
  isSpecifiedScalarType,
  printType,
} from 'graphql'
import { createSchema } from '../graphql/schema.ts'

const FILE = 'schema.graphql'

/**
 * Returns the text of schema.graphql: the types in the order of their names, since their order in the schema depends on which
 * file is loaded first.
 */
export function schemaText(): string {
  const types = Object.values(createSchema().getTypeMap()).filter(isOurs)
  return `${types
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(printType)
    .join('\n\n')}\n`
}

const isOurs = (type: GraphQLNamedType) =>
  !isIntrospectionType(type) && !isSpecifiedScalarType(type)

/** Writes schema.graphql. With --check, only reports whether it is current. */
async function main(check: boolean): Promise<void> {
  if (!check) return writeFile(FILE, schemaText())
  const committed = await readFile(FILE, 'utf8').catch(() => '')
  if (committed === schemaText()) return
  console.error(`${FILE} does not match src/graphql. Run "npm run schema" and review the changes.`)
  process.exitCode = 1
}

if (import.meta.main) await main(process.argv.includes('--check'))
