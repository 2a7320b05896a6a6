import type { Environment } from './environment.ts'

/** The encoding of traces, which are sent over HTTP. */
export type OtlpProtocol = 'http/protobuf' | 'http/json'

/** The default in OpenTelemetry's specification. */
const DEFAULT_PROTOCOL: OtlpProtocol = 'http/protobuf'

/** Reads the standard variables of OpenTelemetry. @returns null when no traces are sent */
export function readTraces(env: Environment): OtlpProtocol | null {
  const endpoint =
    env.text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? env.text('OTEL_EXPORTER_OTLP_ENDPOINT')
  if (env.text('OTEL_SDK_DISABLED') === 'true' || endpoint === null) return null
  const names = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']
  const name = names.find((one) => env.text(one) !== null)
  if (name === undefined) return DEFAULT_PROTOCOL
  const protocol = env.text(name)
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol
  return env.refuse(
    `${name} is "${protocol}"; it must be http/protobuf or http/json. Collectors accept these on port 4318.`,
    null,
  )
}
