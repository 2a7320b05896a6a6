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
import type { AttemptResult } from './record.ts'

type Ports = { sender: WebhookSender; secrets: SecretCipher; clock: Clock; tracing: Tracing }

/**
 * Makes one attempt: signs, sends, and says what came of it. There is no other way out of the house, be
 * it a first try, a retry or a test. Never rejects for what a receiver or a lost key did.
 */
export function attemptDelivery(ports: Ports, delivery: DueDelivery): Promise<AttemptResult> {
  return ports.tracing.attempt(delivery, () => attempt(ports, delivery))
}

async function attempt(ports: Ports, delivery: DueDelivery): Promise<AttemptResult> {
  const sent = await send(ports, delivery)
  const tries = delivery.attemptCount - delivery.attemptBase + 1
  return {
    deliveryId: delivery.id,
    destinationId: delivery.destinationId,
    organizationId: delivery.organizationId,
    eventType: delivery.eventType,
    attemptCount: delivery.attemptCount,
    activation: delivery.activation,
    test: delivery.test,
    attemptBase: delivery.attemptBase,
    retryDelay: retryDelay(delivery.test ? MAX_ATTEMPTS : tries),
    restartedDelay: retryDelay(delivery.test ? MAX_ATTEMPTS : 1),
    waitedMs: sent.attemptedAt.getTime() - delivery.dueAt.getTime(),
    ...sent,
  }
}

interface Sent extends SentWebhook {
  /** When it was signed, right before connecting began. */
  attemptedAt: Date
  /** Where it was sent; null when nothing was. */
  url: string | null
}

async function send({ sender, secrets, clock }: Ports, delivery: DueDelivery): Promise<Sent> {
  const timestamp = new Date(clock.now())
  const body = payload({
    event: delivery.eventType,
    data: delivery.data,
    relations: delivery.relations,
    webhookId: delivery.destinationId,
    timestamp: delivery.timestamp,
  })
  try {
    const { destinationId, previousSecret } = delivery
    const signatures = signatureHeaders({
      body,
      eventId: delivery.eventId,
      deliveryId: delivery.id,
      timestamp,
      secret: secrets.decrypt(delivery.secret, destinationId),
      previousSecret: previousSecret && secrets.decrypt(previousSecret, destinationId),
    })
    const { url } = delivery
    const sent = await sender.send({ url, headers: signatures, body })
    // The time that was signed is the attempt's: its webhook-timestamp can be told from the history.
    return { ...sent, url, attemptedAt: timestamp }
  } catch (error) {
    if (!(error instanceof SecretUnavailableError)) throw error
    return { outcome: SECRET_UNAVAILABLE, url: null, attemptedAt: timestamp, durationMs: 0 }
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
