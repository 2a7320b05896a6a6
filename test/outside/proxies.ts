import { readdir } from 'node:fs/promises'
import { exists } from './python.ts'
import { cacheFolder, run, type Tool, toolOr } from './tool.ts'

const PROGRAMS = { nginx: 'usr/sbin/nginx', haproxy: 'usr/sbin/haproxy', caddy: 'usr/bin/caddy' }

type Proxies = Record<keyof typeof PROGRAMS, Tool>

/** The proxies of this machine, or else those of Debian, unpacked into a folder without being installed. */
export async function findProxies(): Promise<Proxies> {
  const names = Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]
  const installed = await Promise.all(names.map((name) => toolOr(() => which(name))))
  const unpacked = installed.some(({ missing }) => missing) ? await toolOr(unpackDebian) : null
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

/** Downloads the packages that this machine lacks and unpacks them. @returns the folder */
async function unpackDebian(): Promise<string> {
  const root = await cacheFolder('debian')
  if (await exists(`${root}/complete`)) return root
  const cache = await cacheFolder('apt')
  await run('mkdir', ['-p', `${cache}/lists/partial`, `${cache}/archives/partial`])
  const options = [
    `Dir::State::lists=${cache}/lists`,
    `Dir::Cache=${cache}`,
    `Dir::Cache::archives=${cache}/archives`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option])
  await run('apt-get', ['-qq', 'update', ...options])
  const download = ['-qq', '-y', '--no-install-recommends', '--download-only', 'install']
  await run('apt-get', [...download, ...options, ...Object.keys(PROGRAMS)])
  for (const file of await readdir(`${cache}/archives`)) {
    if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', `${cache}/archives/${file}`, root])
  }
  await run('touch', [`${root}/complete`])
  return root
}
