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

/** Milliseconds for what is not sent yet when we close: a collector that is away must not hold us up. */
const FLUSH_WITHIN = 500

const EXPORTERS = { 'http/protobuf': ProtobufExporter, 'http/json': JsonExporter }

interface TraceExport {
  log: Logger
  version: string
  protocol: keyof typeof EXPORTERS
}

/**
 * Registers an SDK that sends traces by OTLP over HTTP, as the standard variables OTEL_… say: endpoint,
 * headers, sampler, batches, name of the service. Once a process, before `createTracing`.
 */
export function startTraceExport({ log, protocol, version }: TraceExport): {
  close(): Promise<void>
} {
  const tell = (message: string) => log.warn({ message }, 'OpenTelemetry warns')
  const nothing = () => {}
  diag.setLogger(
    { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing },
    DiagLogLevel.WARN,
  )
  const ours = { 'service.name': 'bigmind-webhooks', 'service.version': version }
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(ours))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new EXPORTERS[protocol]())],
  })
  provider.register()
  return {
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, FLUSH_WITHIN)
      await Promise.race([provider.shutdown().catch(() => {}), late])
      clearTimeout(timer)
    },
  }
}
