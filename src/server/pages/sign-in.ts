import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpRefusal, readJsonBody } from '../http/request-body.ts'
import { sendJson } from '../http/send.ts'
import { isLocalRequest } from './local-request.ts'

/** Exchanges codes, which the service prints on its standard output, for the local API key. A code works once. */
export interface SignIn {
  /** Returns a new code for the fragment of a link. Calls `onUse` when it has been exchanged. */
  issueCode(onUse?: () => void): string
  /** Responds to /sign-in. Returns false for any other path. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

const CODE_BYTES = 32

const NOT_LOCAL =
  'Only a browser on this machine, without a proxy, can use a sign-in link. Sign in with an API key.'
const USED =
  'This sign-in link was used or is of an earlier start. Open the link that the service printed last, or sign in with an API key.'

/**
 * Creates the exchange. The key is in no page: a proxy that adds no headers looks like a browser on this machine, but does not
 * know a code.
 * @param localKey returns the key
 */
export function createSignIn(localKey: () => string | Promise<string>): SignIn {
  const codes = new Map<string, () => void>()
  return {
    issueCode(onUse = () => {}) {
      const code = randomBytes(CODE_BYTES).toString('base64url')
      codes.set(code, onUse)
      return code
    },
    async answer(path, request, response) {
      if (path !== '/sign-in') return false
      if (request.method !== 'POST') throw new HttpRefusal(405, 'Send a POST.', { allow: 'POST' })
      if (!isLocalRequest(request)) throw new HttpRefusal(403, NOT_LOCAL)
      const { code } = (await readJsonBody(request)) as { code?: unknown }
      const onUse = typeof code === 'string' ? codes.get(code) : undefined
      if (!onUse) throw new HttpRefusal(403, USED)
      codes.delete(code as string)
      sendJson(response, 200, { key: await localKey() })
      onUse()
      return true
    },
  }
}
