import type { Database } from '../storage/database.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import { decryptOrNull } from './signing-secret.ts'

type Ports = { db: Database; secrets: SecretCipher }

/** Destinations whose secrets are read, and written with one statement, at a time. */
const BATCH = 500

/** Times all destinations are gone through. The second sees what was rotated during the first; more are rare. */
const MAX_PASSES = 10

/** What became of the secrets: the current one of each destination, and the one before it where it is kept. */
export interface Reencryption {
  reencrypted: number
  /** How many the first look found sealed with the first key. */
  already: number
  /** How many were found, and left, as they cannot be read. */
  unreadable: number
  /** The ids of the destinations that these belong to, ascending. */
  unreadableIn: string[]
  /** False when others went on sealing with another key: a process still has that one first. */
  complete: boolean
}

interface Row {
  id: string
  current: string
  previous: string | null
}

interface Tally extends Omit<Reencryption, 'complete'> {
  /** Rows that a rotation overtook between look and write. */
  overtaken: number
}

/**
 * Seals every signing secret with the first key of the ring, so that the others can be taken away. Meant to run beside
 * the service: each batch is a statement of its own, and writes only over the ciphertext that it has read, so it never
 * undoes a rotation. It may be stopped and repeated at any time, and be run twice at once.
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

/** A pass that changed nothing has seen that nothing is left. */
const isUnfinished = ({ reencrypted, overtaken }: Tally) => reencrypted + overtaken > 0

async function runPass({ db, secrets }: Ports): Promise<Tally> {
  const tally: Tally = {
    reencrypted: 0,
    already: 0,
    unreadable: 0,
    unreadableIn: [],
    overtaken: 0,
  }
  for (let after = ''; ; ) {
    const rows = await db.query<Row>(
      `select destination_id as id, current, previous from signing_secret
      where destination_id > $1 order by destination_id limit ${BATCH}`,
      [after],
    )
    await reencryptRows({ db, secrets }, rows, tally)
    if (rows.length < BATCH) return tally
    after = rows.at(-1)!.id
  }
}

/** A row as it was read, and as it is to be. */
interface Change {
  from: Row
  to: Row
  /** How many of its secrets change. */
  secrets: number
}

async function reencryptRows(ports: Ports, rows: readonly Row[], tally: Tally): Promise<void> {
  const changes = rows
    .map((row) => changeOf(ports.secrets, row, tally))
    .filter(({ secrets }) => secrets > 0)
  if (changes.length === 0) return
  const written = await write(ports.db, changes)
  for (const { from, secrets } of changes) {
    if (written.has(from.id)) tally.reencrypted += secrets
    else tally.overtaken += 1
  }
}

/** Also opens what is sealed with the first key already: only what opens will do without the other keys. */
function changeOf(box: SecretCipher, from: Row, tally: Tally): Change {
  let secrets = 0
  let unreadable = 0
  const seal = (sealed: string): string => {
    const plaintext = decryptOrNull(box, sealed, from.id)
    if (plaintext === null) {
      unreadable += 1
      return sealed
    }
    if (box.isCurrent(sealed)) {
      tally.already += 1
      return sealed
    }
    secrets += 1
    return box.encrypt(plaintext, from.id)
  }
  const to = {
    ...from,
    current: seal(from.current),
    previous: from.previous && seal(from.previous),
  }
  tally.unreadable += unreadable
  if (unreadable > 0) tally.unreadableIn.push(from.id)
  return { from, to, secrets }
}

/**
 * Writes over what is still as it was read. When two of these block each other, the transaction is run again.
 * @returns the ids of those that it wrote
 */
async function write(db: Database, changes: readonly Change[]): Promise<Set<string>> {
  const written = await db.transaction((tx) =>
    tx.query<{ id: string }>(WRITE, [
      changes.map(({ from }) => from.id),
      changes.map(({ from }) => from.current),
      changes.map(({ from }) => from.previous),
      changes.map(({ to }) => to.current),
      changes.map(({ to }) => to.previous),
    ]),
  )
  return new Set(written.map(({ id }) => id))
}

const WRITE = `
update signing_secret as secret set current = change.current, previous = change.previous
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
  as change (id, old_current, old_previous, current, previous)
where secret.destination_id = change.id and secret.current = change.old_current
  and secret.previous is not distinct from change.old_previous
returning secret.destination_id as id`
