/**
 * Names that the public DNS does not and will not have (IANA's special-use registry, ICANN's reserved
 * strings), and those that private networks commonly use for themselves.
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

/** @param name a lower-case host name without a trailing dot */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name.slice(name.lastIndexOf('.') + 1))
}
