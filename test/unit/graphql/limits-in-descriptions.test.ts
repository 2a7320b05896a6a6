import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { API_KEY_LIMIT } from '../../../src/domain/api-key.ts'
import { MAX_ATTEMPTS, retryDelay } from '../../../src/domain/backoff.ts'
import { DESTINATION_LIMIT, FAILURE_LIMIT } from '../../../src/domain/destination.ts'
import { requires } from '../../../src/graphql/description.ts'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../../src/graphql/pagination.ts'
import { createSchema } from '../../../src/graphql/schema.ts'
import { MAX_EVENTS_PER_CALL } from '../../../src/publishing/event.ts'

const FOLDER = fileURLToPath(new URL('../../../src/graphql', import.meta.url))

/** Numbers that are names, examples or facts of a standard, and no limit of this service. */
const NOT_LIMITS =
  /0\.\.9|\b[0-9]xx\b|RFC[ _]\d+|SHA-256|UTF-8|IEEE 754|64-bit|JSON Schema \(2020-12\)|"[^"]*\d[^"]*"|50755254975729665|1970-01-01T00:00:00Z|23:59:60|year 2000|\b400 or above|at most 15 digits|\b[01]\b|1\.0|-0\b|at most 200 characters/g

/** The texts of a source file: quoted and template strings, without what is interpolated. */
const textsOf = (source: string) =>
  [...source.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(([, quoted, template]) =>
    (quoted ?? template ?? '').replace(/\$\{[^}]*\}/g, ''),
  )

describe('a limit in a description', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )

  test.each(files)('in %s is interpolated from its constant, not typed again', (file) => {
    const typed = textsOf(readFileSync(`${FOLDER}/${file}`, 'utf8'))
      .filter((text) => text.includes(' '))
      .filter((text) => /\d/.test(text.replaceAll(NOT_LIMITS, '')))
    expect(typed).toEqual([])
  })

  test('has the value of its constant', () => {
    const schema = createSchema()
    const descriptionOf = (type: string, field?: string, argument?: string) => {
      const found = schema.getType(type)!
      if (!field) return found.description
      const { args, description } = (
        found as unknown as { getFields(): Record<string, { args: []; description: string }> }
      ).getFields()[field]!
      return argument
        ? (args as { name: string; description: string }[]).find(({ name }) => name === argument)!
            .description
        : description
    }
    const delays = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => retryDelay(index + 1))
    expect(descriptionOf('Delivery')).toContain(`at most ${MAX_ATTEMPTS} attempts`)
    expect(descriptionOf('Delivery')).toContain(
      `${delays.slice(0, -1).join(', ')} and ${delays.at(-1)} seconds`,
    )
    expect(descriptionOf('Query', 'destinations', 'first')).toContain(`1 to ${MAX_PAGE_SIZE}`)
    expect(descriptionOf('Query', 'destinations', 'first')).toContain(
      `Null means ${DEFAULT_PAGE_SIZE}.`,
    )
    const limit = (count: number) => count.toLocaleString('en')
    expect(descriptionOf('Mutation', 'eventPublishMany')).toContain(limit(MAX_EVENTS_PER_CALL))
    expect(descriptionOf('Mutation', 'destinationCreate')).toContain(limit(DESTINATION_LIMIT))
    expect(descriptionOf('Mutation', 'apiKeyCreate')).toContain(limit(API_KEY_LIMIT))
    const statuses = (
      schema.getType('DestinationStatus') as unknown as {
        getValues(): { name: string; description: string }[]
      }
    ).getValues()
    expect(statuses.find(({ name }) => name === 'DISABLED')?.description).toContain(
      `after ${FAILURE_LIMIT} failed`,
    )
  })
})

describe('a field that requires scopes', () => {
  test('names them in its description', () => {
    expect(requires('Reads.', 'DESTINATIONS_READ')).toEqual({
      description: 'Reads. Requires the scope DESTINATIONS_READ.',
      authScopes: { DESTINATIONS_READ: true },
    })
    expect(requires('Rotates.', 'DESTINATIONS_WRITE', 'SECRETS_READ').description).toBe(
      'Rotates. Requires the scopes DESTINATIONS_WRITE and SECRETS_READ.',
    )
  })

  test('does not type them again', () => {
    const typed = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/^(description|node)\.ts$/.test(file))
      .filter((file) =>
        /(Requires|Needs) the scopes? /.test(readFileSync(`${FOLDER}/${file}`, 'utf8')),
      )
    expect(typed).toEqual([])
  })
})
