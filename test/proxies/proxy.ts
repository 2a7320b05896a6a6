import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { listen } from '../helpers/open-sockets.ts'

export const PROXIES = ['nginx', 'haproxy', 'caddy'] as const
export type ProxyName = (typeof PROXIES)[number]

/** The language of each proxy's snippet in docs/operations.md. */
const LANGUAGES: Record<ProxyName, string> = {
  nginx: 'nginx',
  haproxy: 'haproxy',
  caddy: 'caddyfile',
}

const document = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

/** A proxy's configuration as docs/operations.md gives it. */
export function snippetOf(name: ProxyName): string {
  const [, snippet] = new RegExp(`^\`\`\`${LANGUAGES[name]}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(
    document,
  )!
  return snippet!
}

/** What a program needs around the snippet to run as any user, in a folder of its own. */
const FRAMES: Record<ProxyName, (snippet: string, folder: string) => string> = {
  nginx: (snippet, folder) => `
    daemon off;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      ${snippet}
    }`,
  haproxy: (snippet) => snippet,
  caddy: (snippet) => `{\n  admin off\n  auto_https off\n}\n${snippet}`,
}

const ARGUMENTS: Record<ProxyName, (file: string, folder: string) => string[]> = {
  nginx: (file, folder) => ['-p', folder, '-c', file, '-e', `${folder}/error.log`],
  haproxy: (file) => ['-db', '-f', file],
  caddy: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
}

/** Starts a proxy in front of a server. It ends with the test. @returns the proxy's URL */
export async function startProxy(
  name: ProxyName,
  serverUrl: string,
  change: (snippet: string) => string = (snippet) => snippet,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `bigmind-${name}-`))
  // Started by root, nginx works as another user.
  await chmod(folder, 0o755)
  const port = await freePort()
  const snippet = change(snippetOf(name))
    .replace('127.0.0.1:4000', new URL(serverUrl).host)
    .replace(/(listen |bind )?(:?)8080/, (_, word = '', colon) =>
      name === 'caddy' ? `http://127.0.0.1${colon}${port}` : `${word}127.0.0.1:${port}`,
    )
  const file = join(folder, 'proxy.conf')
  await writeFile(file, `${FRAMES[name](snippet, folder)}\n`)
  const program = inject('outside')[name]!.path!
  const child = spawn(program, ARGUMENTS[name](file, folder), {
    env: { ...process.env, HOME: folder, LD_LIBRARY_PATH: librariesOf(program) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (text) => {
    complaints += text
  })
  onTestFinished(async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  })
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${complaints}`)
  }
  return `http://127.0.0.1:${port}`
}

/** An unpacked program has its libraries beside it. */
const librariesOf = (program: string) =>
  ['x86_64', 'aarch64'].map((cpu) => join(program, `../../lib/${cpu}-linux-gnu`)).join(':')

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  const port = await listen(server, '127.0.0.1')
  await new Promise((resolve) => server.close(resolve))
  return port
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true))
    socket.on('error', () => setTimeout(() => resolve(false), 20))
    socket.on('connect', () => socket.destroy())
  })
