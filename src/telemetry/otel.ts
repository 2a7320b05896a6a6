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

/** Whether somebody has registered an SDK: ours, or that of whoever runs the service, with `--import`. */
export function isTracingRegistered(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || !!provider.getDelegateTracer('bigmind')
}

/** Traces with what is registered at the moment. @returns null when nothing is */
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
      // An SDK that traces HTTP itself has taken the header already.
      const parent = trace.getActiveSpan() ? context.active() : contextOf(traceParent)
      const title = name === null ? kind : `${kind} ${name}`
      const span = tracer.startSpan(title, { kind: SpanKind.SERVER, attributes }, parent)
      return within(span, parent, work)
    },
    publication(events, work) {
      const type = events.length === 1 ? events[0]!.type : 'batch'
      const attributes = { 'messaging.batch.message_count': events.length }
      const parent = context.active()
      const options = { kind: SpanKind.PRODUCER, attributes }
      const span = tracer.startSpan(`publish ${type}`, options, parent)
      return within(span, parent, () => work(traceParentOf(span)))
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
    // Of a customer's URL the host alone: the rest may hold secrets.
    'server.address': URL.parse(delivery.url)?.hostname ?? '',
  }
  const parent = contextOf(delivery.traceParent)
  const options = { kind: SpanKind.CLIENT, attributes }
  const span = tracer.startSpan(`attempt ${delivery.eventType}`, options, parent)
  return within(span, unseen(parent), async () => {
    const result = await work()
    tellOutcome(span, result)
    return result
  })
}

function tellOutcome(span: Span, { outcome }: TracedAttempt): void {
  span.setAttribute('bigmind.attempt.outcome', outcome.status)
  if (outcome.responseCode !== null) {
    span.setAttribute('http.response.status_code', outcome.responseCode)
  }
  if (outcome.status === 'FAILED') {
    span.setAttribute('error.type', outcome.failure.code)
    span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.failure.message })
  }
}

/** Does the work with the span as its surroundings, and ends the span with it. */
function within<Result>(span: Span, parent: Context, work: () => Result): Result {
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

/** The SDKs' own mark for "trace nothing here". */
const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * In which no library's instrumentation makes spans, or writes headers into the request: customers are told
 * neither our trace's id nor that there is one.
 */
const unseen = (parent: Context): Context => parent.setValue(SUPPRESSED, true)

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?: (.*))?$/

/**
 * Reads a context of another process, or the caller's: `traceparent`, then after a blank `tracestate` where there is
 * one. What is no `traceparent` begins a trace of its own. Of `tracestate` the entries that are not valid are left out.
 */
function contextOf(traceParent: string | null): Context {
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
