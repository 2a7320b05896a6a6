import { once } from 'node:events'
import http from 'node:http'
import { gzipSync } from 'node:zlib'
import { createClient } from 'graphql-ws'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createSignIn } from '../../src/server/pages/sign-in.ts'
import { KEY, post, startTestServer } from '../unit/server/test-server.ts'
import { PROXIES, type ProxyName, snippetOf, startProxy } from './proxy.ts'

const isPresent = (name: ProxyName) => !inject('outside')[name]!.missing

/** Milliseconds between two heartbeats: a busy machine may delay one by many of them. */
const HEARTBEAT_MS = 250

/** Sets the idle timeout of a proxy's configuration. */
const impatient = (seconds: number) => (snippet: string) => snippet.replaceAll('60s', `${seconds}s`)

/** An event stream over a connection of its own: its text so far, and its end. */
async function openStream(url: string) {
  const request = http.request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: KEY,
      accept: 'text/event-stream',
      'accept-encoding': 'gzip',
      'content-type': 'application/json',
    },
  })
  onTestFinished(() => void request.destroy())
  request.end(JSON.stringify({ query: 'subscription { count(to: 1) }' }))
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const stream = { text: '', ended: false }
  let changed = Promise.withResolvers<void>()
  const notify = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  response.setEncoding('utf8').on('data', (text) => {
    stream.text += text
    notify()
  })
  response.on('error', () => {})
  response.on('close', () => {
    stream.ended = true
    notify()
  })
  return {
    stream,
    /** Waits until this has come `count` times. */
    async until(part: string, count = 1) {
      while (stream.text.split(part).length <= count) {
        if (stream.ended) throw new Error(`The stream ended after ${JSON.stringify(stream.text)}.`)
        await changed.promise
      }
    },
    async end() {
      while (!stream.ended) await changed.promise
    },
  }
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: KEY } }))
  await once(socket, 'message')
  return socket
}

/** The status that a WebSocket handshake is answered with. */
async function handshakeStatus(url: string): Promise<number | undefined> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    http.IncomingMessage,
  ]
  return response.statusCode
}

describe.each(PROXIES.filter(isPresent))('behind %s', (name) => {
  test('a query succeeds, and a sign-in link is refused', async () => {
    const signIn = createSignIn(() => 'bmk_local')
    const server = await startTestServer({ signIn })
    const url = await startProxy(name, server.url)
    const response = await post(`${url}/graphql`, { query: '{ viewer }' })
    expect(await response.json()).toEqual({ data: { viewer: 'org_1' } })
    const code = signIn.issueCode()
    expect((await post(`${url}/sign-in`, { code })).status).toBe(403)
    expect((await post(`${server.url}/sign-in`, { code })).status).toBe(200)
  })

  test('a compressed request is accepted and a large answer arrives whole', async () => {
    const server = await startTestServer()
    const url = await startProxy(name, server.url)
    const text = 'Zoë 東京 '.repeat(20_000)
    const query = 'query ($text: String!) { echo(text: $text) }'
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: KEY,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(JSON.stringify({ query, variables: { text } })),
    })
    expect(await response.json()).toEqual({ data: { echo: text } })
  })

  test('a body above 1 MB gets the 413 of the service, with its sentence', async () => {
    const server = await startTestServer()
    const url = await startProxy(name, server.url)
    const response = await post(`${url}/graphql`, { query: '#'.repeat(1_500_000) })
    expect(response.status).toBe(413)
    expect(await response.text()).toContain('1000000 bytes')
  })

  test('a subscription over a WebSocket emits its events', async () => {
    const server = await startTestServer()
    const url = await startProxy(name, server.url)
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: KEY },
    })
    const results = client.iterate({ query: 'subscription { count(to: 2) }' })
    expect((await results.next()).value).toEqual({ data: { count: 1 } })
    expect((await results.next()).value).toEqual({ data: { count: 2 } })
    await client.dispose()
  })

  test('a page may open a WebSocket on the host of the proxy, and no other page', async () => {
    const server = await startTestServer()
    const url = await startProxy(name, server.url)
    const open = (origin: string) =>
      new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin })
    const own = open(url)
    await once(own, 'open')
    own.terminate()
    const foreign = open('https://evil.example')
    foreign.on('error', () => {})
    const [, response] = (await once(foreign, 'unexpected-response')) as [
      unknown,
      http.IncomingMessage,
    ]
    expect(response.statusCode).toBe(403)
  })

  test('an event arrives while its stream is open', async () => {
    const server = await startTestServer()
    const url = await startProxy(name, server.url)
    const { stream, until } = await openStream(url)
    await until('data: {"data":{"count":1}}')
    expect(stream.ended).toBe(false)
  })

  test('heartbeats keep a quiet stream open for longer than the time-outs', async () => {
    const seconds = 8
    const server = await startTestServer({ heartbeatInterval: HEARTBEAT_MS })
    const url = await startProxy(name, server.url, impatient(seconds))
    const { until } = await openStream(url)
    await until(':\n\n', (seconds * 1_000) / HEARTBEAT_MS + 2)
  })

  // Caddy has no such time-out.
  const hasTimeout = name !== 'caddy'
  if (hasTimeout)
    test('the time-outs end a stream without heartbeats', async () => {
      const server = await startTestServer({ heartbeatInterval: 3_600_000 })
      const url = await startProxy(name, server.url, impatient(4))
      const { end, until } = await openStream(url)
      await until('data: {"data":{"count":1}}')
      await end()
    })

  test('no request of 640 meets a connection that is being closed', async () => {
    const server = await startTestServer()
    const url = await startProxy(name, server.url, impatient(1))
    const lane = async (_: unknown, number: number) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      const statuses = []
      for (let turn = 0; turn < 10; turn += 1) {
        statuses.push(await postWith(agent, `${url}/graphql`))
        await new Promise((resolve) => setTimeout(resolve, 960 + ((number * 7 + turn) % 80)))
      }
      agent.destroy()
      return statuses
    }
    const statuses = (await Promise.all(Array.from({ length: 64 }, lane))).flat()
    expect(statuses).toHaveLength(640)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  test('the snippet closes idle connections before the service does', async () => {
    const server = await startTestServer()
    const response = await post(server.graphql, { query: '{ viewer }' })
    const [, seconds] = /timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '')!
    const [, own] = /keep-?alive(?:_timeout)? (\d+)s/.exec(snippetOf(name))!
    expect(Number(own)).toBeLessThan(Number(seconds))
  })
})

/** One query over a connection of an agent. A connection that the proxy closed while it was idle is replaced, as clients do. */
async function postWith(agent: http.Agent, url: string): Promise<number | undefined> {
  const headers = { authorization: KEY, 'content-type': 'application/json' }
  const request = http.request(url, { method: 'POST', agent, headers })
  request.end('{"query":"{ viewer }"}')
  try {
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    response.resume()
    await once(response, 'end')
    return response.statusCode
  } catch (error) {
    if (request.reusedSocket) return postWith(agent, url)
    throw error
  }
}

test('pings keep a quiet WebSocket open for longer than the time-outs of each proxy', async () => {
  const server = await startTestServer()
  await Promise.all(
    PROXIES.filter(isPresent).map(async (name) => {
      const socket = await openSocket(await startProxy(name, server.url, impatient(20)))
      for (let pings = 0; pings < 2; pings += 1) {
        await Promise.race([
          once(socket, 'ping'),
          once(socket, 'close').then(([code]) => {
            throw new Error(`${name} closed the socket with ${code}.`)
          }),
        ])
      }
      expect(socket.readyState).toBe(WebSocket.OPEN)
    }),
  )
})

test.runIf(isPresent('nginx'))('an upgrade that nginx does not pass on is a 426', async () => {
  const server = await startTestServer()
  const url = await startProxy('nginx', server.url, (snippet) =>
    snippet.replace(/^.*(Upgrade|Connection) \$.*$/gm, ''),
  )
  expect(await handshakeStatus(url)).toBe(426)
})
