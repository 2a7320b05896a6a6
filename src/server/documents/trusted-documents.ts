import { readFile } from 'node:fs/promises'
import { parse } from 'graphql'
import type { TrustedDocuments } from './persisted-documents.ts'

/** A file of trusted documents is missing or invalid. */
export class TrustedDocumentsError extends Error {
  override name = 'TrustedDocumentsError'
}

/**
 * Reads a file of trusted documents: an object of texts by id, as GraphQL Code Generator and Relay's compiler write it,
 * or Apollo's manifest of persisted queries.
 * @throws TrustedDocumentsError if it cannot be read, has another format, or contains invalid GraphQL
 */
export async function readTrustedDocuments(path: string): Promise<TrustedDocuments> {
  try {
    const documents = new Map(entriesOf(JSON.parse(await readFile(path, 'utf8'))))
    for (const text of documents.values()) parse(text)
    return documents
  } catch (error) {
    const { message } = error as Error
    throw new TrustedDocumentsError(
      `The trusted documents in ${path} cannot be used: ${message} It has to be a JSON object of GraphQL texts by id, or Apollo's manifest of persisted queries.`,
      { cause: error },
    )
  }
}

interface Manifest {
  operations?: { id: string; body: string }[]
}

function entriesOf(content: unknown): [string, string][] {
  const { operations } = Object(content) as Manifest
  const entries = Array.isArray(operations)
    ? operations.map(({ body, id }): [string, unknown] => [id, body])
    : Object.entries(Object(content))
  for (const [id, text] of entries) {
    if (typeof id !== 'string' || typeof text !== 'string') {
      throw new Error('An entry is not a text with an id.')
    }
  }
  return entries as [string, string][]
}
