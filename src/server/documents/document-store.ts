/** Texts of documents by their hash, apart for each organization. */
export interface DocumentStore {
  /** @returns null for one that is not kept, or not any more */
  get(organizationId: string, hash: string): string | null
  /** Keeps a text, unless it is too long. */
  add(organizationId: string, hash: string, text: string): void
}

export interface DocumentStoreLimits {
  /** Of all organizations. */
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

/** What an entry costs beside its text: the hash and the places in two maps. */
const ENTRY_BYTES = 300

const bytesOf = (text: string) => text.length * 2 + ENTRY_BYTES

interface Kept {
  bytes: number
  /** The one that was used longest ago first. */
  texts: Map<string, string>
}

/**
 * Keeps the texts that were used last. An organization that sends many drops its own; those of another one are dropped
 * only when many organizations together send more than there is room for, and then of the one that was idle longest.
 */
export function createDocumentStore(limits: DocumentStoreLimits = LIMITS): DocumentStore {
  /** The organization that was idle longest first. */
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
