import { expect } from 'vitest'
import {
  createWebhookClient,
  type WebhookClientOptions,
  type WebhookSender,
} from '../../src/delivery/http/client.ts'
import { createAddressPolicy } from '../../src/domain/address.ts'
import type { FailureCode } from '../../src/domain/failure.ts'
import type { Outcome } from '../../src/domain/outcome.ts'

/** Lets the receivers of the tests be reached; the guard is on and judges all else as in production. */
export const loopbackPolicy = createAddressPolicy({
  allowHttp: true,
  allowNetworks: ['127.0.0.0/8', '::1/128'],
})

export const strictPolicy = createAddressPolicy({ allowHttp: false, allowNetworks: [] })

export const USER_AGENT = 'Bigmind-Webhooks/0.0.0'

/** Makes the real client. Closed at the end of the block by `await using`. */
export function startClient(
  options: Partial<WebhookClientOptions> = {},
): WebhookSender & AsyncDisposable {
  const policy = loopbackPolicy
  const client = createWebhookClient({ policy, userAgent: USER_AGENT, ...options })
  return { ...client, [Symbol.asyncDispose]: client.close }
}

/** Resolves every name to these addresses, as a name server under an attacker's control would. */
export function resolvingTo(...addresses: string[]) {
  return async () => ({ addresses })
}

/** Returns the message of the failure, and expects that it contains no internal detail. */
export function expectFailure(outcome: Outcome, code: FailureCode): string {
  if (outcome.status !== 'FAILED') expect.fail(`The attempt succeeded: ${JSON.stringify(outcome)}`)
  const { message } = outcome.failure
  expect({ ...outcome.failure, message }).toMatchObject({ code })
  expect(message).not.toMatch(/\d+\.\d+\.\d+\.\d+|[0-9a-f]*::|localhost|\n/i)
  expect(message).not.toMatch(/Error|ERR_/)
  return message
}
