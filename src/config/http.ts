import type { Environment } from './environment.ts'

/** The first segments of the service's own paths. A base path below one of them would be ambiguous. */
const RESERVED_SEGMENTS = [
  'graphql',
  'health',
  'metrics',
  'assets',
  'destinations',
  'events',
  'sign-in',
  'audit-log',
]

/** Reads BASE_PATH, such as "/webhooks". Returns an empty text when the service is at the root of its host. */
export function readBasePath(env: Environment): string {
  const text = env.text('BASE_PATH') ?? ''
  const path = text.replace(/\/$/, '')
  const [, first = ''] = path.split('/')
  const isPath = /^(\/[\w.~-]+)*$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)
  if (!isPath) {
    return env.refuse(
      `BASE_PATH is "${text}"; it must be a path of letters, digits, ".", "_", "~" and "-", such as /webhooks.`,
      '',
    )
  }
  if (RESERVED_SEGMENTS.includes(first)) {
    return env.refuse(
      `BASE_PATH is "${text}", but the service uses /${first} itself. Choose another path.`,
      '',
    )
  }
  return path
}

/** Reads ALLOWED_ORIGINS. An Origin header must be equal to one of them. */
export function readOrigins(env: Environment): string[] {
  const origins = env.list('ALLOWED_ORIGINS')
  const wrong = origins.find(
    (origin) => !/^https?:[^*]+$/.test(origin) || URL.parse(origin)?.origin !== origin,
  )
  if (wrong === undefined) return origins
  return env.refuse(
    `ALLOWED_ORIGINS has "${wrong}"; an origin is a scheme, a host and, unless it is the default, a port, such as https://app.example.com.`,
    [],
  )
}

/** Reads METRICS_TOKEN. It must be long, because wrong guesses are not limited. */
export function readMetricsToken(env: Environment): string | null {
  const token = env.text('METRICS_TOKEN')
  if (token === null || /^[\x21-\x7e]{16,}$/.test(token)) return token
  return env.refuse(
    'METRICS_TOKEN must have at least 16 printable characters and no spaces. Create one with: openssl rand -hex 16',
    null,
  )
}

/** Reads METRICS_PORT and METRICS_HOST. Null without a port. */
export function readMetricsListener(env: Environment): { host: string; port: number } | null {
  const host = env.text('METRICS_HOST') ?? '127.0.0.1'
  if (env.text('METRICS_PORT') === null) return null
  return { host, port: env.integer('METRICS_PORT', 0, { from: 0, to: 65_535 }) }
}

/** Reads DELIVERY_PROXY. Its value is not in the error, because it can contain a password. */
export function readDeliveryProxy(env: Environment): URL | null {
  const text = env.text('DELIVERY_PROXY')
  if (text === null) return null
  const url = URL.parse(text)
  if (url && /^https?:\/\/[^/?#]+\/?$/.test(text)) return url
  return env.refuse(
    'DELIVERY_PROXY must be the address of a proxy that supports CONNECT, such as http://proxy.internal:4750 or http://user:password@proxy.internal:4750.',
    null,
  )
}
