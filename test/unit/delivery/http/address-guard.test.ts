import { beforeAll, describe, expect, it } from 'vitest'
import { createNameResolver, type NameAnswer } from '../../../../src/delivery/http/name-resolver.ts'
import { inTime } from '../../../faults/extent.ts'
import cases from '../../../fixtures/ssrf-cases.json' with { type: 'json' }
import { trustTestAuthority } from '../../../helpers/certificates.ts'
import { type NameServerAnswer, startNameServer } from '../../../helpers/name-server.ts'
import { startReceiver } from '../../../helpers/receiver.ts'
import {
  expectFailure,
  loopbackPolicy,
  resolvingTo,
  startClient,
  strictPolicy,
} from '../../../helpers/webhook-client.ts'

beforeAll(trustTestAuthority)

const request = { headers: {}, body: '{}' }

describe.concurrent('a name is not connected to', () => {
  const refused = cases.filter(({ stage, verdict }) => stage === 'connect' && verdict === 'reject')
  it.each(refused)('when it resolves to $dns: $why', async ({ url, dns }) => {
    await using client = startClient({ policy: strictPolicy, resolve: resolvingTo(...dns!) })
    const { outcome } = await client.send({ ...request, url })
    expectFailure(outcome, dns!.length === 0 ? 'DNS' : 'BLOCKED_ADDRESS')
  })

  it('when a second lookup has another result than the first', async () => {
    await using receiver = await startReceiver({
      certificate: 'valid',
      answers: [{ status: 200, headers: { connection: 'close' } }],
    })
    const answers = ['127.0.0.1', '10.0.0.1']
    await using client = startClient({ resolve: async () => ({ addresses: [answers.shift()!] }) })
    const url = `https://hooks.example.com:${receiver.port}/`
    const first = await client.send({ ...request, url })
    expect(first.outcome.status).toBe('SUCCEEDED')
    const second = await client.send({ ...request, url })
    expectFailure(second.outcome, 'BLOCKED_ADDRESS')
  })

  it('when its name servers do not answer', async () => {
    const resolve = async () => {
      throw Object.assign(new Error('queryA ETIMEOUT hooks.example.com'), { code: 'ETIMEOUT' })
    }
    await using client = startClient({ resolve })
    const { outcome } = await client.send({ ...request, url: 'https://hooks.example.com/' })
    expect(expectFailure(outcome, 'DNS')).toContain('could not be resolved')
  })

  it('when its lookup takes longer than the timeout of an attempt', async () => {
    await using client = startClient({ resolve: () => new Promise(() => {}), timeoutMs: 100 })
    const { outcome } = await client.send({ ...request, url: 'https://hooks.example.com/' })
    expect(expectFailure(outcome, 'TIMEOUT')).toContain('Could not connect')
  })
})

it('a connection that opens after the timeout carries no request', async () => {
  await using receiver = await startReceiver()
  let resolved = (_answer: NameAnswer) => {}
  const resolve = () => new Promise<NameAnswer>((done) => (resolved = done))
  await using client = startClient({ resolve, timeoutMs: 100 })
  const url = `http://hooks.example.com:${receiver.port}/`
  const { outcome } = await client.send({ ...request, url })
  expectFailure(outcome, 'TIMEOUT')
  resolved({ addresses: ['127.0.0.1'] })
  await receiver.disconnection()
  expect([receiver.connections, receiver.requests.length]).toEqual([1, 0])
})

describe.concurrent('an address in the URL is not connected to', () => {
  it.each(['https://10.0.0.1/', 'https://[::1]/', 'https://[::127.0.0.1]/', 'https://127.0.0.1/'])(
    'when it is reserved, even if it was saved: %s',
    async (url) => {
      await using client = startClient({ policy: strictPolicy })
      const { outcome } = await client.send({ ...request, url })
      expectFailure(outcome, 'BLOCKED_ADDRESS')
    },
  )

  it('when it is localhost', async () => {
    await using client = startClient({ policy: strictPolicy })
    const { outcome } = await client.send({ ...request, url: 'https://localhost/' })
    expectFailure(outcome, 'BLOCKED_ADDRESS')
  })

  it('over http when only https is allowed', async () => {
    await using client = startClient({ policy: { ...loopbackPolicy, allowHttp: false } })
    await using receiver = await startReceiver()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    expect(expectFailure(outcome, 'BLOCKED_ADDRESS')).toContain('https')
    expect(receiver.connections).toBe(0)
  })
})

describe.concurrent('a connection is made', () => {
  it.each(['hooks.example.com', 'hooks.example.com.', 'localhost'])(
    'to %s, verified by that name',
    async (name) => {
      await using receiver = await startReceiver({ certificate: 'valid' })
      await using client = startClient({ resolve: resolvingTo('127.0.0.1') })
      const url = `https://${name}:${receiver.port}/`
      const { outcome } = await client.send({ ...request, url })
      expect(outcome.status).toBe('SUCCEEDED')
    },
  )

  it('to the next address when the first one refuses', async () => {
    await using receiver = await startReceiver()
    await using client = startClient({ resolve: resolvingTo('127.0.0.2', '127.0.0.1') })
    const url = `http://hooks.example.com:${receiver.port}/`
    const { outcome } = await client.send({ ...request, url })
    expect(outcome.status).toBe('SUCCEEDED')
  })

  it.each(['127.0.0.1', '[::ffff:127.0.0.1]'])('to the address %s where allowed', async (host) => {
    await using receiver = await startReceiver()
    await using client = startClient()
    const url = `http://${host}:${receiver.port}/`
    const { outcome } = await client.send({ ...request, url })
    expect(outcome.status).toBe('SUCCEEDED')
  })
})

describe.concurrent('the name server', () => {
  const lookUp = async (answer: NameServerAnswer) => {
    await using server = await startNameServer(answer)
    return await createNameResolver([server.address])('hooks.example.com')
  }

  it('with only an IPv4 address returns that', async () => {
    expect(await lookUp(['93.184.216.34'])).toMatchObject({ addresses: ['93.184.216.34'] })
  })

  it('without the name returns no address', async () => {
    expect(await lookUp('NXDOMAIN')).toMatchObject({ addresses: [] })
  })

  it('that fails is an error', async () => {
    await expect(lookUp('SERVFAIL')).rejects.toMatchObject({ code: 'ESERVFAIL' })
  })

  it('that stays silent is an error after 1.5 seconds', async () => {
    const startedAt = performance.now()
    await expect(lookUp('SILENCE')).rejects.toMatchObject({ code: 'ETIMEOUT' })
    expect(performance.now() - startedAt).toBeLessThan(inTime(2_000))
  })
})
