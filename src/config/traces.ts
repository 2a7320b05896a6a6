/** How traces are encoded. Both are sent over HTTP. */
export type OtlpProtocol = 'http/protobuf' | 'http/json'

/** What OpenTelemetry's specification sets where the variables say nothing. */
const DEFAULT_PROTOCOL: OtlpProtocol = 'http/protobuf'

/**
 * Reads from the standard variables whether and how traces are sent. An empty variable counts as one that is not set.
 * @returns a null protocol when they are not sent, and the faults as sentences
 */
export function parseTraces(env: Record<string, string | undefined>): {
  protocol: OtlpProtocol | null
  faults: string[]
} {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT
  if (env.OTEL_SDK_DISABLED === 'true' || !endpoint) return { protocol: null, faults: [] }
  const [name, protocol = DEFAULT_PROTOCOL] = [
    'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
  ].flatMap((variable) => (env[variable] ? [variable, env[variable]] : []))
  if (protocol === 'http/protobuf' || protocol === 'http/json') return { protocol, faults: [] }
  const fault = `${name} is "${protocol}"; it is http/protobuf or http/json. Collectors take these at port 4318.`
  return { protocol: null, faults: [fault] }
}
