import {
  type Context,
  context,
  createContextKey,
  createTraceState,
  isSpanContextValid,
  ProxyTracerProvider,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { TracedAttempt, TracedDelivery, Tracing } from './tracing.ts'

/** Whether a tracing SDK is registered: that of this service, or one that the operator preloads with `--import`. */
export function isTracingRegistered(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || !!provider.getDelegateTracer('bigmind')
}

/** Creates the tracing of the registered SDK. @returns null without an SDK */
export function createTracing(version: string): Tracing | null {
  if (!isTracingRegistered()) return null
  const tracer = trace.getTracer('bigmind-webhooks', version)
  return {
    operation({ kind, name, requestId, traceParent }, work) {
      const attributes = {
        'graphql.operation.type': kind,
        ...(name !== null && { 'graphql.operation.name': name }),
        'bigmind.request.id': requestId,
      }
      // An SDK with HTTP instrumentation has already read the header.
      const parent = trace.getActiveSpan() ? context.active() : remoteContext(traceParent)
      const title = name === null ? kind : `${kind} ${name}`
      const span = tracer.startSpan(title, { kind: SpanKind.SERVER, attributes }, parent)
      return runInSpan(span, parent, work)
    },
    publication(events, work) {
      const type = events.length === 1 ? events[0]!.type : 'batch'
      const attributes = { 'messaging.batch.message_count': events.length }
      const parent = context.active()
      const options = { kind: SpanKind.PRODUCER, attributes }
      const span = tracer.startSpan(`publish ${type}`, options, parent)
      return runInSpan(span, parent, () => work(traceParentOf(span)))
    },
    attempt: (delivery, work) => traceAttempt(tracer, delivery, work),
  }
}

async function traceAttempt<Result extends TracedAttempt>(
  tracer: Tracer,
  delivery: TracedDelivery,
  work: () => Promise<Result>,
): Promise<Result> {
  const attributes = {
    'bigmind.event.id': delivery.eventId,
    'bigmind.delivery.id': delivery.id,
    'bigmind.destination.id': delivery.destinationId,
    'bigmind.attempt.number': delivery.attemptCount + 1,
    // The path and query of a customer's URL may contain secrets.
    'server.address': URL.parse(delivery.url)?.hostname ?? '',
  }
  const parent = remoteContext(delivery.traceParent)
  const options = { kind: SpanKind.CLIENT, attributes }
  const span = tracer.startSpan(`attempt ${delivery.eventType}`, options, parent)
  return runInSpan(span, withoutInstrumentation(parent), async () => {
    const result = await work()
    setOutcome(span, result)
    return result
  })
}

function setOutcome(span: Span, { outcome }: TracedAttempt): void {
  span.setAttribute('bigmind.attempt.outcome', outcome.status)
  if (outcome.responseCode !== null) {
    span.setAttribute('http.response.status_code', outcome.responseCode)
  }
  if (outcome.status === 'FAILED') {
    span.setAttribute('error.type', outcome.failure.code)
    span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.failure.message })
  }
}

/** Runs the work with the span as the active one, and ends the span when the work ends. */
function runInSpan<Result>(span: Span, parent: Context, work: () => Result): Result {
  const failed = (error: unknown): never => {
    span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
    throw error
  }
  try {
    const result = context.with(trace.setSpan(parent, span), work)
    if (!(result instanceof Promise)) {
      span.end()
      return result
    }
    return result.then((value: unknown) => {
      span.end()
      return value
    }, failed) as Result
  } catch (error) {
    return failed(error)
  }
}

/** The key by which the OpenTelemetry SDKs suppress tracing in a context. */
const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * Returns a context in which instrumentation creates no spans and adds no headers to requests, so that receivers do not
 * get the ids of traces.
 */
const withoutInstrumentation = (parent: Context): Context => parent.setValue(SUPPRESSED, true)

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?: (.*))?$/

/**
 * Parses the context of a caller or of another process: `traceparent`, then optionally a space and `tracestate`.
 * An invalid `traceparent` starts a new trace. Invalid entries of `tracestate` are left out.
 */
function remoteContext(traceParent: string | null): Context {
  const [, traceId = '', spanId = '', flags = '', state] =
    TRACE_PARENT.exec(traceParent ?? '') ?? []
  const parent: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(state && { traceState: createTraceState(state) }),
  }
  const bare = context.active()
  return isSpanContextValid(parent) ? trace.setSpanContext(bare, parent) : trace.deleteSpan(bare)
}

function traceParentOf(span: Span): string | null {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  if (!isSpanContextValid(span.spanContext())) return null
  const parent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  const state = traceState?.serialize()
  return state ? `${parent} ${state}` : parent
}
