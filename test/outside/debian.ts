import { readdir, writeFile } from 'node:fs/promises'
import { exists } from './python.ts'
import { cacheFolder, run } from './tool.ts'

const TRIXIE =
  'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main\n'

/** Downloads the packages that this machine lacks and unpacks them. @returns the folder */
export async function unpackDebian(packages: readonly string[]): Promise<string> {
  const root = await cacheFolder('debian')
  if (!(await exists(`${root}/complete`))) await unpack(root, packages, [])
  return root
}

/**
 * Downloads PgBouncer of Debian 13 with all its libraries, since it does not run with those of Debian 12.
 * @returns the folder
 */
export async function unpackNewPgbouncer(): Promise<string> {
  const root = await cacheFolder('trixie')
  if (await exists(`${root}/complete`)) return root
  const files = await cacheFolder('trixie-apt')
  await writeFile(`${files}/sources.list`, TRIXIE)
  // An empty list of installed packages: it downloads each library.
  await writeFile(`${files}/status`, '')
  await unpack(
    root,
    ['pgbouncer'],
    [
      `Dir::Etc::sourcelist=${files}/sources.list`,
      'Dir::Etc::sourceparts=-',
      'Dir::Etc::preferencesparts=-',
      `Dir::State::status=${files}/status`,
    ],
  )
  return root
}

async function unpack(root: string, packages: readonly string[], more: readonly string[]) {
  const cache = `${root}-apt`
  await run('mkdir', ['-p', `${cache}/lists/partial`, `${cache}/archives/partial`])
  const options = [
    `Dir::State::lists=${cache}/lists`,
    `Dir::Cache=${cache}`,
    `Dir::Cache::archives=${cache}/archives`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    ...more,
  ].flatMap((option) => ['-o', option])
  await run('apt-get', ['-qq', 'update', ...options])
  const download = ['-qq', '-y', '--no-install-recommends', '--download-only', 'install']
  await run('apt-get', [...download, ...options, ...packages])
  for (const file of await readdir(`${cache}/archives`)) {
    if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', `${cache}/archives/${file}`, root])
  }
  await run('touch', [`${root}/complete`])
}
