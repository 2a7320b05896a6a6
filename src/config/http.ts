import type { Environment } from './environment.ts'

/** The paths that the service answers itself: a base path below one of them would be ambiguous. */
const OWN_PATHS = ['graphql', 'health', 'metrics', 'assets', 'destinations', 'events']

/** Reads BASE_PATH, as in "/webhooks". Empty when the service is at the root of its host. */
export function readBasePath(env: Environment): string {
  const text = env.text('BASE_PATH') ?? ''
  const path = text.replace(/\/$/, '')
  const [, first = ''] = path.split('/')
  const isPath = /^(\/[\w.~-]+)*$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)
  if (!isPath) {
    return env.refuse(
      `BASE_PATH is "${text}"; it is a path of letters, digits, ".", "_", "~" and "-", as in /webhooks.`,
      '',
    )
  }
  if (OWN_PATHS.includes(first)) {
    return env.refuse(
      `BASE_PATH is "${text}", and the service has addresses of its own below /${first}. Choose another path.`,
      '',
    )
  }
  return path
}

/** Reads ALLOWED_ORIGINS. Browsers' Origin headers are compared with them letter by letter. */
export function readOrigins(env: Environment): string[] {
  const origins = env.list('ALLOWED_ORIGINS')
  const wrong = origins.find(
    (origin) => !/^https?:[^*]+$/.test(origin) || URL.parse(origin)?.origin !== origin,
  )
  if (wrong === undefined) return origins
  return env.refuse(
    `ALLOWED_ORIGINS has "${wrong}"; an origin is a scheme and a host, and a port unless it is the usual one, as in https://app.example.com.`,
    [],
  )
}

/** Reads METRICS_TOKEN. It travels in a header, and guesses are not counted: it must be long. */
export function readMetricsToken(env: Environment): string | null {
  const token = env.text('METRICS_TOKEN')
  if (token === null || /^[\x21-\x7e]{16,}$/.test(token)) return token
  return env.refuse(
    'METRICS_TOKEN is not 16 printable characters or more, without blanks. Make one with: openssl rand -hex 16',
    null,
  )
}
