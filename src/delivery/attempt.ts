import type { Clock } from '../concurrency/clock.ts'
import { MAX_ATTEMPTS, retryDelay } from '../domain/backoff.ts'
import { SecretUnavailableError } from '../domain/errors.ts'
import type { Outcome } from '../domain/outcome.ts'
import { payload } from '../domain/payload.ts'
import { signatureHeaders } from '../domain/signature.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import type { DueDelivery } from './due.ts'
import type { SentWebhook, WebhookSender } from './http/client.ts'
import type { AttemptResult } from './record-attempts.ts'

export type AttemptPorts = {
  sender: WebhookSender
  secrets: SecretCipher
  clock: Clock
  tracing: Tracing
}

/**
 * Signs and sends one attempt. Every request to a receiver goes through this function: first attempts, retries and test
 * sends. Failures of the receiver, of the network and of decrypting the secret are outcomes; an error is an internal fault.
 */
export function attemptDelivery(
  ports: AttemptPorts,
  delivery: DueDelivery,
): Promise<AttemptResult> {
  return ports.tracing.attempt(delivery, () => attempt(ports, delivery))
}

async function attempt(ports: AttemptPorts, delivery: DueDelivery): Promise<AttemptResult> {
  const sent = await send(ports, delivery)
  const number = delivery.attemptCount - delivery.attemptBase + 1
  return {
    deliveryId: delivery.id,
    destinationId: delivery.destinationId,
    organizationId: delivery.organizationId,
    eventType: delivery.eventType,
    attemptCount: delivery.attemptCount,
    activation: delivery.activation,
    test: delivery.test,
    attemptBase: delivery.attemptBase,
    retryDelay: retryDelay(delivery.test ? MAX_ATTEMPTS : number),
    restartedDelay: retryDelay(delivery.test ? MAX_ATTEMPTS : 1),
    waitedMs: sent.attemptedAt.getTime() - delivery.dueAt.getTime(),
    ...sent,
  }
}

interface Sent extends SentWebhook {
  /** When the request was signed, immediately before connecting: the value of its `webhook-timestamp`. */
  attemptedAt: Date
  /** Where the request was sent; null when nothing was sent. */
  url: string | null
}

async function send(
  { sender, secrets, clock }: AttemptPorts,
  delivery: DueDelivery,
): Promise<Sent> {
  const attemptedAt = new Date(clock.now())
  const body = payload({
    event: delivery.eventType,
    data: delivery.data,
    relations: delivery.relations,
    webhookId: delivery.destinationId,
    timestamp: delivery.timestamp,
  })
  try {
    const { destinationId, previousSecret, url } = delivery
    const headers = signatureHeaders({
      body,
      eventId: delivery.eventId,
      deliveryId: delivery.id,
      timestamp: attemptedAt,
      secret: secrets.decrypt(delivery.secret, destinationId),
      previousSecret: previousSecret && secrets.decrypt(previousSecret, destinationId),
    })
    return { ...(await sender.send({ url, headers, body })), url, attemptedAt }
  } catch (error) {
    if (!(error instanceof SecretUnavailableError)) throw error
    return { outcome: SECRET_UNAVAILABLE, url: null, attemptedAt, durationMs: 0 }
  }
}

const SECRET_UNAVAILABLE: Outcome = {
  status: 'FAILED',
  responseCode: null,
  responseBody: null,
  failure: {
    code: 'SECRET_UNAVAILABLE',
    message:
      'The signing secret could not be read, so nothing was sent. Rotate the secret, then retry the delivery.',
  },
}
