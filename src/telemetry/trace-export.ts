import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import type { Logger } from './logger.ts'

/** Time limit for sending the remaining spans at the end: a collector that is away must not delay it. */
const FLUSH_TIMEOUT_MS = 500

const EXPORTERS = { 'http/protobuf': ProtobufExporter, 'http/json': JsonExporter }

interface TraceExport {
  log: Logger
  version: string
  protocol: keyof typeof EXPORTERS
}

/**
 * Registers an SDK that sends traces by OTLP over HTTP. The SDK reads the standard variables OTEL_… itself: endpoint,
 * headers, sampler, batches, service name. Call it once in a process, before `createTracing`.
 */
export function startTraceExport({ log, protocol, version }: TraceExport): {
  close(): Promise<void>
} {
  const warn = (message: string) => log.warn({ message }, 'OpenTelemetry warns')
  const nothing = () => {}
  diag.setLogger(
    { error: warn, warn, info: nothing, debug: nothing, verbose: nothing },
    DiagLogLevel.WARN,
  )
  const service = { 'service.name': 'bigmind-webhooks', 'service.version': version }
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(service))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new EXPORTERS[protocol]())],
  })
  provider.register()
  return {
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS)
      await Promise.race([provider.shutdown().catch(() => {}), late])
      clearTimeout(timer)
    },
  }
}
