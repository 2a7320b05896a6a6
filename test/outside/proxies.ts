import { unpackDebian } from './debian.ts'
import { exists } from './python.ts'
import { type Tool, toolOr } from './tool.ts'

const PROGRAMS = { nginx: 'usr/sbin/nginx', haproxy: 'usr/sbin/haproxy', caddy: 'usr/bin/caddy' }

type Proxies = Record<keyof typeof PROGRAMS, Tool>

/** The proxies of this machine, or else those of Debian, unpacked into a folder without being installed. */
export async function findProxies(): Promise<Proxies> {
  const names = Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]
  const installed = await Promise.all(names.map((name) => toolOr(() => which(name))))
  const unpacked = installed.some(({ missing }) => missing)
    ? await toolOr(() => unpackDebian(names))
    : null
  return Object.fromEntries(
    names.map((name, index) => {
      const { path } = installed[index]!
      if (path) return [name, { path }]
      if (unpacked?.missing) return [name, unpacked]
      return [name, { path: `${unpacked!.path}/${PROGRAMS[name]}` }]
    }),
  ) as Proxies
}

async function which(name: string): Promise<string> {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']) {
    if (await exists(`${folder}/${name}`)) return `${folder}/${name}`
  }
  throw new Error(`${name} is not installed`)
}
