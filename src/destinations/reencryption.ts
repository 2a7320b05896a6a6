import type { Database } from '../storage/database.ts'
import { defineRowSet } from '../storage/row-set.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import { decryptOrNull } from './signing-secret.ts'

type Ports = { db: Database; secrets: SecretCipher }

/** Destinations whose secrets are read with one query and written with one statement. */
const BATCH_SIZE = 500

/** Passes over all destinations. The second finds what was rotated during the first; more are rarely needed. */
const MAX_PASSES = 10

/** Counts of secrets: the current one of each destination, and the previous one where it is kept. */
export interface Reencryption {
  reencrypted: number
  /** Secrets that were encrypted with the first key before. */
  already: number
  /** Secrets that no key decrypts. They are not changed. */
  unreadable: number
  /** The ids of the destinations of these, ascending. */
  unreadableIn: string[]
  /** False when other processes still encrypt with another key, which is the first of their ring. */
  complete: boolean
}

interface StoredSecrets {
  id: string
  current: string
  previous: string | null
}

interface Pass extends Omit<Reencryption, 'complete'> {
  /** Rows that were rotated between reading and writing. */
  overtaken: number
}

/**
 * Encrypts every signing secret with the first key of the ring, so that the other keys can be removed. Safe beside running
 * services: a batch replaces only the ciphertexts that it has read, so it never reverts a rotation. It may be interrupted,
 * repeated, and run twice at once.
 */
export async function reencryptSecrets(ports: Ports): Promise<Reencryption> {
  let pass = await runPass(ports)
  const { already } = pass
  let { reencrypted } = pass
  for (let passes = 1; passes < MAX_PASSES && isUnfinished(pass); passes += 1) {
    pass = await runPass(ports)
    reencrypted += pass.reencrypted
  }
  const { unreadable, unreadableIn } = pass
  return { reencrypted, already, unreadable, unreadableIn, complete: !isUnfinished(pass) }
}

/** Only a pass that changed nothing proves that nothing is left. */
const isUnfinished = ({ reencrypted, overtaken }: Pass) => reencrypted + overtaken > 0

async function runPass({ db, secrets }: Ports): Promise<Pass> {
  const pass: Pass = { reencrypted: 0, already: 0, unreadable: 0, unreadableIn: [], overtaken: 0 }
  for (let after = ''; ; ) {
    const rows = await db.query<StoredSecrets>(
      `select destination_id as id, current, previous from signing_secret
      where destination_id > $1 order by destination_id limit ${BATCH_SIZE}`,
      [after],
    )
    await reencryptRows({ db, secrets }, rows, pass)
    if (rows.length < BATCH_SIZE) return pass
    after = rows.at(-1)!.id
  }
}

interface Change {
  from: StoredSecrets
  to: StoredSecrets
  /** How many secrets of the row change. */
  secrets: number
}

async function reencryptRows(
  { db, secrets: cipher }: Ports,
  rows: readonly StoredSecrets[],
  pass: Pass,
): Promise<void> {
  const changes = rows
    .map((row) => reencrypt(cipher, row, pass))
    .filter(({ secrets }) => secrets > 0)
  if (changes.length === 0) return
  const written = await writeChanges(db, changes)
  for (const { from, secrets } of changes) {
    if (written.has(from.id)) pass.reencrypted += secrets
    else pass.overtaken += 1
  }
}

/** Also decrypts secrets that the first key encrypted, to find those that no key decrypts. */
function reencrypt(cipher: SecretCipher, from: StoredSecrets, pass: Pass): Change {
  let secrets = 0
  let unreadable = 0
  const reencryptOne = (encrypted: string): string => {
    const plaintext = decryptOrNull(cipher, encrypted, from.id)
    if (plaintext === null) {
      unreadable += 1
      return encrypted
    }
    if (cipher.isCurrent(encrypted)) {
      pass.already += 1
      return encrypted
    }
    secrets += 1
    return cipher.encrypt(plaintext, from.id)
  }
  const to = {
    ...from,
    current: reencryptOne(from.current),
    previous: from.previous && reencryptOne(from.previous),
  }
  pass.unreadable += unreadable
  if (unreadable > 0) pass.unreadableIn.push(from.id)
  return { from, to, secrets }
}

const CHANGES = defineRowSet<Change>('change', {
  id: ['text', ({ from }) => from.id],
  old_current: ['text', ({ from }) => from.current],
  old_previous: ['text', ({ from }) => from.previous],
  current: ['text', ({ to }) => to.current],
  previous: ['text', ({ to }) => to.previous],
})

const WRITE = `
update signing_secret as secret set current = change.current, previous = change.previous
from ${CHANGES.sql}
where secret.destination_id = change.id and secret.current = change.old_current
  and secret.previous is not distinct from change.old_previous
returning secret.destination_id as id`

/** Replaces secrets that have not changed since they were read. Two runs that deadlock are repeated. @returns their ids */
async function writeChanges(db: Database, changes: readonly Change[]): Promise<Set<string>> {
  const written = await db.transaction((tx) =>
    tx.query<{ id: string }>(WRITE, CHANGES.values(changes)),
  )
  return new Set(written.map(({ id }) => id))
}
