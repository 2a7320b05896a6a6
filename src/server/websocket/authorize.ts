import type { IncomingHttpHeaders } from 'node:http'
import { CloseCode } from 'graphql-ws'
import type { Authentication, Credentials } from '../../access/authentication.ts'

/** The payload of connection_init, unchecked. */
export type ConnectionParams = Readonly<Record<string, unknown>>

/** Credentials in the headers of an upgrade request, unchecked. */
export type UpgradeCredentials = Readonly<Record<string, unknown>>

export const NO_CREDENTIALS: Credentials = { authorization: null, organization: null }

/** How a socket is closed. The reason has at most 123 bytes. */
export interface Closing {
  code: number
  reason: string
}

/** The close code of a temporary condition. Clients of graphql-ws reconnect with increasing delays. */
export const TRY_AGAIN_LATER_CODE = 1013

export const NO_SLOT: Closing = {
  code: TRY_AGAIN_LATER_CODE,
  reason: 'Try again later: this key, user or organization has too many open sockets and streams.',
}
export const PROCESS_IS_FULL: Closing = {
  code: TRY_AGAIN_LATER_CODE,
  reason: 'Try again later: the server has no free connection for another WebSocket.',
}
export const UNAVAILABLE: Closing = {
  code: TRY_AGAIN_LATER_CODE,
  reason: 'Try again later: the key cannot be checked at the moment.',
}
export const TOO_EARLY: Closing = {
  code: CloseCode.Unauthorized,
  reason: 'Unauthorized: wait for connection_ack before the first operation.',
}
const NO_KEY: Closing = {
  code: CloseCode.Unauthorized,
  reason: 'Unauthorized: send connectionParams { authorization: "Bearer bmk_…" }.',
}
const BAD_KEY: Closing = {
  code: CloseCode.Unauthorized,
  reason: 'Unauthorized: the key or token is unknown, revoked or expired.',
}
const NO_ORGANIZATION: Closing = {
  code: CloseCode.Unauthorized,
  reason:
    'Unauthorized: connectionParams { organization } is missing or unknown. To create it: { createOrganization: true }.',
}
const EXPIRED_TOKEN: Closing = {
  code: CloseCode.Forbidden,
  reason: 'Forbidden: the token has expired. Connect again with a new one.',
}

/**
 * Reads credentials from the first of these that has them: connectionParams, `headers` in connectionParams, the headers of
 * the upgrade request. The case of names does not matter. A browser adds no such headers by itself, so a page cannot use a
 * key that it does not have.
 */
export function credentialsOf(
  params: ConnectionParams | undefined,
  upgrade: UpgradeCredentials,
): Credentials {
  const sent = [params, params?.headers, upgrade]
  const create = firstText(sent, ['createorganization', 'x-organization-create'])
  return {
    authorization: firstText(sent, ['authorization']),
    organization: firstText(sent, ['organization', 'x-organization']),
    ...(create === 'true' && { createOrganization: true }),
  }
}

/** Returns the credentials in the headers of an upgrade request. An open WebSocket does not keep the other headers. */
export const upgradeCredentialsOf = (headers: IncomingHttpHeaders): UpgradeCredentials => ({
  authorization: headers.authorization,
  organization: headers['x-organization'],
  createOrganization: headers['x-organization-create'],
})

function firstText(sources: readonly unknown[], names: readonly string[]): string | null {
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue
    for (const [name, value] of Object.entries(source)) {
      if (!names.includes(name.toLowerCase())) continue
      if (value === true) return 'true'
      if (typeof value === 'string' && value) return value
    }
  }
  return null
}

/**
 * Returns how a WebSocket without valid credentials is closed. Clients of graphql-ws reconnect after 4403, with which a new
 * token replaces the expired one, and do not reconnect after 4401, because the same key would be refused again.
 */
export function closingOf(
  { authorization }: Credentials,
  { advice, expired }: Authentication,
): Closing {
  if (expired) return EXPIRED_TOKEN
  if (advice !== undefined) return NO_ORGANIZATION
  return /^Bearer \S/i.test(authorization ?? '') ? BAD_KEY : NO_KEY
}
