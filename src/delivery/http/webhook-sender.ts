import type { Outcome } from '../../domain/outcome.ts'

/** One signed request, ready to go. */
export interface WebhookRequest {
  /** A URL that passed `checkDestinationUrl`. */
  url: string
  /** The signatures; `requestHeaders` says what goes with them. */
  headers: Record<string, string>
  /** Sent byte for byte, as UTF-8. */
  body: string
}

export interface SentWebhook {
  outcome: Outcome
  /** Whole milliseconds from starting to connect until the outcome was decided: the response's head, or the failure. */
  durationMs: number
}

/** The way out of the house: the only thing that ever makes a request to a receiver. */
export interface WebhookSender {
  /**
   * Makes one attempt. Whatever the receiver or the network does is an outcome; it rejects only when
   * the sender was closed before.
   */
  send(request: WebhookRequest): Promise<SentWebhook>
  /** Waits for what is on the wire, then closes every connection. */
  close(): Promise<void>
}
