/**
 * Top-level names that the public DNS never resolves (IANA's special-use registry, ICANN's reserved strings), and those that
 * private networks commonly use.
 */
const RESERVED_SUFFIXES = [
  'alt',
  'arpa',
  'cluster',
  'consul',
  'corp',
  'docker',
  'domain',
  'example',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'mail',
  'onion',
  'private',
  'svc',
  'test',
  'workgroup',
]

const RESERVED: ReadonlySet<string> = new Set(RESERVED_SUFFIXES)

/** Whether a host name ends in a reserved name. `name` is in lower case without a trailing dot. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name.slice(name.lastIndexOf('.') + 1))
}
