/** Stores texts of documents by hash, separately for each organization. */
export interface DocumentStore {
  /** Returns null if the document is not stored. */
  get(organizationId: string, hash: string): string | null
  /** Stores a text, unless it is too long. */
  add(organizationId: string, hash: string, text: string): void
}

export interface DocumentStoreLimits {
  /** Of all organizations together. */
  bytes: number
  organizationBytes: number
  organizationDocuments: number
  documentBytes: number
}

const LIMITS: DocumentStoreLimits = {
  bytes: 32_000_000,
  organizationBytes: 2_000_000,
  organizationDocuments: 1_000,
  documentBytes: 200_000,
}

/** The memory of an entry without its text: the hash and map entries. */
const ENTRY_BYTES = 300

const bytesOf = (text: string) => text.length * 2 + ENTRY_BYTES

interface Kept {
  bytes: number
  /** The least recently used one first. */
  texts: Map<string, string>
}

/**
 * Creates a store that keeps the most recently used texts. An organization that exceeds its limits loses its own least
 * recently used texts. If all organizations together exceed the limit, the longest idle one loses all of its texts.
 */
export function createDocumentStore(limits: DocumentStoreLimits = LIMITS): DocumentStore {
  /** The longest idle organization first. */
  const organizations = new Map<string, Kept>()
  let total = 0

  function use(organizationId: string): Kept {
    const kept = organizations.get(organizationId) ?? { bytes: 0, texts: new Map() }
    organizations.delete(organizationId)
    organizations.set(organizationId, kept)
    return kept
  }

  function remove(kept: Kept, hash: string): void {
    const text = kept.texts.get(hash)
    if (text === undefined) return
    kept.texts.delete(hash)
    kept.bytes -= bytesOf(text)
    total -= bytesOf(text)
  }

  function dropOldest(kept: Kept): void {
    remove(kept, kept.texts.keys().next().value!)
  }

  function dropIdleOrganization(): void {
    const [idle] = organizations
    if (!idle) return
    const [organizationId, { bytes }] = idle
    organizations.delete(organizationId)
    total -= bytes
  }

  return {
    get(organizationId, hash) {
      if (!organizations.has(organizationId)) return null
      const kept = use(organizationId)
      const text = kept.texts.get(hash)
      if (text === undefined) return null
      kept.texts.delete(hash)
      kept.texts.set(hash, text)
      return text
    },
    add(organizationId, hash, text) {
      const bytes = bytesOf(text)
      if (bytes > limits.documentBytes) return
      const kept = use(organizationId)
      remove(kept, hash)
      kept.texts.set(hash, text)
      kept.bytes += bytes
      total += bytes
      while (
        kept.bytes > limits.organizationBytes ||
        kept.texts.size > limits.organizationDocuments
      ) {
        dropOldest(kept)
      }
      while (total > limits.bytes) dropIdleOrganization()
    },
  }
}
