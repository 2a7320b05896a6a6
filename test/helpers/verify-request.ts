import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { nodeSampleVerifies } from './guide-samples/guide-receiver.ts'
import type { ReceivedRequest } from './receiver.ts'

/** Verifies a request in both schemes, as a receiver that holds this secret. */
export function expectSigned(request: ReceivedRequest, secret: string): void {
  const { body } = request
  expect(nodeSampleVerifies({ body, signature: signatureOf(request), secret })).toBe(true)
  expect(standardVerifies(request, secret)).toBe(true)
  expect(JSON.stringify(JSON.parse(body))).toBe(body)
}

export const signatureOf = ({ headers }: ReceivedRequest) =>
  headers['x-webhook-signature'] as string

/** Verifies the request with the library of Standard Webhooks. */
export function standardVerifies({ body, headers }: ReceivedRequest, secret: string): boolean {
  try {
    new Webhook(secret, { format: 'raw' }).verify(body, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}
