import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startReceiver } from '../../../helpers/receiver.ts'
import {
  expectFailure,
  resolvingTo,
  startClient,
  strictPolicy,
} from '../../../helpers/webhook-client.ts'

const request = { headers: {}, body: '{}' }

/** A proxy that opens tunnels, or refuses them with a status. Returns its URL and the targets of the requests. */
async function startProxy(status = 200) {
  const targets: string[] = []
  const credentials: (string | undefined)[] = []
  const server = http.createServer().on('connect', (incoming, client) => {
    targets.push(incoming.url!)
    credentials.push(incoming.headers['proxy-authorization'])
    client.on('error', () => {})
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const { hostname, port } = new URL(`http://${incoming.url}`)
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
    return client
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { proxy: new URL(`http://user:pass%20word@127.0.0.1:${port}`), targets, credentials }
}

test('a proxy gets the checked address and its credentials, and the receiver gets the host name', async () => {
  await using receiver = await startReceiver()
  const { proxy, targets, credentials } = await startProxy()
  await using client = startClient({ proxy, resolve: resolvingTo('127.0.0.1') })
  const url = `http://hooks.example.com:${receiver.port}/`
  expect((await client.send({ ...request, url })).outcome.status).toBe('SUCCEEDED')
  expect(targets).toEqual([`127.0.0.1:${receiver.port}`])
  expect(credentials).toEqual([`Basic ${btoa('user:pass word')}`])
  expect(receiver.requests[0]!.headers.host).toBe(`hooks.example.com:${receiver.port}`)
})

test('TLS is between the service and the receiver', async () => {
  await using receiver = await startReceiver({ certificate: 'self-signed' })
  const { proxy, targets } = await startProxy()
  await using client = startClient({ proxy, resolve: resolvingTo('127.0.0.1') })
  const { outcome } = await client.send({ ...request, url: receiver.url })
  expectFailure(outcome, 'TLS')
  expect(targets).toHaveLength(1)
})

test.each([
  ['of its name', resolvingTo('93.184.215.14', '10.0.0.1'), 'https://hooks.example.com/'],
  ['in its URL', undefined, 'https://10.0.0.1/'],
])(
  'the address guard refuses a forbidden address %s before it asks the proxy',
  async (_, resolve, url) => {
    const { proxy, targets } = await startProxy()
    await using client = startClient({ proxy, policy: strictPolicy, ...(resolve && { resolve }) })
    expectFailure((await client.send({ ...request, url })).outcome, 'BLOCKED_ADDRESS')
    expect(targets).toEqual([])
  },
)

test('the next address is tried if the proxy cannot connect to one', async () => {
  await using receiver = await startReceiver()
  const { proxy, targets } = await startProxy()
  await using client = startClient({ proxy, resolve: resolvingTo('127.0.0.2', '127.0.0.1') })
  const url = `http://hooks.example.com:${receiver.port}/`
  expect((await client.send({ ...request, url })).outcome.status).toBe('SUCCEEDED')
  expect(targets).toEqual([`127.0.0.2:${receiver.port}`, `127.0.0.1:${receiver.port}`])
})

test.each([502, 504])('status %i of a proxy is a failure of the destination', async (status) => {
  const { proxy } = await startProxy(status)
  await using client = startClient({ proxy })
  const { outcome } = await client.send({ ...request, url: 'http://127.0.0.1:1/' })
  expectFailure(outcome, 'CONNECTION')
  expect(outcome).not.toHaveProperty('failure.isOwnFault')
})

test.each([400, 403, 407, 500, 503])(
  'status %i of a proxy is a fault of the service, without details',
  async (status) => {
    const { proxy } = await startProxy(status)
    await using client = startClient({ proxy })
    const { outcome } = await client.send({ ...request, url: 'http://127.0.0.1:1/' })
    expect(expectFailure(outcome, 'CONNECTION')).not.toMatch(/proxy/i)
    expect(outcome).toHaveProperty('failure.isOwnFault', true)
  },
)

test('a proxy that does not listen is a fault of the service', async () => {
  await using client = startClient({ proxy: new URL('http://127.0.0.1:1') })
  const { outcome } = await client.send({ ...request, url: 'http://127.0.0.1:2/' })
  expect(outcome).toHaveProperty('failure.isOwnFault', true)
})
