import { describe, expect, it } from 'vitest'
import { createNameResolver, type NameAnswer } from '../../../../src/delivery/http/name-resolver.ts'
import { createAddressPolicy } from '../../../../src/domain/address.ts'
import {
  type NameServerAnswer,
  type RecordType,
  startNameServer,
} from '../../../helpers/name-server.ts'
import { startReceiver } from '../../../helpers/receiver.ts'
import { startStalledReceiver } from '../../../helpers/stalled-receiver.ts'
import { expectFailure, resolvingTo, startClient } from '../../../helpers/webhook-client.ts'

const request = { headers: {}, body: '{}' }
const isLinux = process.platform === 'linux'
if (!isLinux) console.log('Skipped: receivers that stall need Linux.')

describe.runIf(isLinux)('of two addresses', () => {
  it('the slow one is used if the other one refuses', async () => {
    await using stalled = await startStalledReceiver()
    await using client = startClient({ resolve: resolvingTo('127.0.0.1', '127.0.0.2') })
    const sending = client.send({ ...request, url: `http://slow.example.com:${stalled.port}/` })
    await stalled.connecting()
    stalled.resume()
    expect((await sending).outcome).toMatchObject({ status: 'SUCCEEDED' })
  })

  it('one that becomes known later is tried beside the first', async () => {
    await using stalled = await startStalledReceiver()
    await using receiver = await startReceiver({ host: '127.0.0.2', port: stalled.port })
    const later = Promise.withResolvers<NameAnswer>()
    const resolve = async () => ({ addresses: ['127.0.0.1'], later: later.promise })
    await using client = startClient({ resolve })
    const sending = client.send({ ...request, url: `http://late.example.com:${stalled.port}/` })
    await stalled.connecting()
    later.resolve({ addresses: ['127.0.0.1', '127.0.0.2'] })
    expect((await sending).outcome).toMatchObject({ status: 'SUCCEEDED' })
    expect(receiver.requests).toHaveLength(1)
  })

  it('a forbidden one that becomes known later ends the attempt, and is not connected to', async () => {
    await using stalled = await startStalledReceiver()
    await using inside = await startReceiver({ host: '127.0.0.2', port: stalled.port })
    const policy = createAddressPolicy({ allowHttp: true, allowNetworks: ['127.0.0.1/32'] })
    const later = Promise.withResolvers<NameAnswer>()
    const resolve = async () => ({ addresses: ['127.0.0.1'], later: later.promise })
    await using client = startClient({ policy, resolve })
    const sending = client.send({ ...request, url: `http://late.example.com:${stalled.port}/` })
    await stalled.connecting()
    later.resolve({ addresses: ['127.0.0.1', '127.0.0.2'] })
    expectFailure((await sending).outcome, 'BLOCKED_ADDRESS')
    expect(inside.connections).toBe(0)
  })
})

it('when all addresses refuse, addresses of a pending answer are tried', async () => {
  await using receiver = await startReceiver()
  const later = Promise.withResolvers<NameAnswer>()
  const resolve = async () => ({ addresses: ['127.0.0.2', '127.0.0.3'], later: later.promise })
  await using client = startClient({ resolve })
  const url = `http://late.example.com:${receiver.port}/`
  const sending = client.send({ ...request, url })
  // Long after both have refused.
  setTimeout(() => later.resolve({ addresses: ['127.0.0.1'] }), 200)
  expect((await sending).outcome).toMatchObject({ status: 'SUCCEEDED' })
})

it('when all addresses refuse and no more become known, the connection is refused', async () => {
  await using receiver = await startReceiver()
  const later = Promise.resolve({ addresses: ['127.0.0.3'] })
  const resolve = async () => ({ addresses: ['127.0.0.2'], later })
  await using client = startClient({ resolve })
  const url = `http://gone.example.com:${receiver.port}/`
  const { outcome } = await client.send({ ...request, url })
  expect(expectFailure(outcome, 'CONNECTION')).toContain('refused')
})

it('an address that becomes known once the request is sent changes nothing', async () => {
  const later = Promise.withResolvers<NameAnswer>()
  await using receiver = await startReceiver({
    answers: [
      (_request, response) => {
        later.resolve({ addresses: ['10.0.0.1'] })
        setImmediate(() => response.end())
      },
    ],
  })
  const resolve = async () => ({ addresses: ['127.0.0.1'], later: later.promise })
  await using client = startClient({ resolve })
  const url = `http://late.example.com:${receiver.port}/`
  expect((await client.send({ ...request, url })).outcome).toMatchObject({ status: 'SUCCEEDED' })
})

describe.concurrent('a name server', () => {
  /** Looks up a name whose AAAA or A query is answered when the test releases it. */
  async function lookUp(answers: Record<RecordType, NameServerAnswer>, held: RecordType) {
    const release = Promise.withResolvers<void>()
    const server = await startNameServer(async (type) => {
      if (type === held) await release.promise
      return answers[type]
    }, 7)
    const answer = createNameResolver([server.address])('hooks.example.com')
    return { server, answer, release: release.resolve }
  }

  it.each<[RecordType, string, string]>([
    ['AAAA', '192.0.2.1', '2001:db8::1'],
    ['A', '2001:db8::1', '192.0.2.1'],
  ])('that delays its %s records does not delay the answer', async (held, first, second) => {
    const { server, answer, release } = await lookUp(
      { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
      held,
    )
    await using _ = server
    const { addresses, lifeMs, later } = await answer
    expect({ addresses, lifeMs }).toEqual({ addresses: [first], lifeMs: 7000 })
    release()
    expect((await later)?.addresses.toSorted()).toEqual([first, second].toSorted())
  })

  it.each<NameServerAnswer>(['SILENCE', 'SERVFAIL', 'NXDOMAIN'])(
    'that answers an AAAA query with %s is used for its A records',
    async (broken) => {
      const answers = (type: RecordType) => (type === 'A' ? ['192.0.2.1'] : broken)
      await using server = await startNameServer(answers)
      const answer = await createNameResolver([server.address])('hooks.example.com')
      expect(answer.addresses).toEqual(['192.0.2.1'])
    },
  )

  it('without A records is awaited until its AAAA records arrive', async () => {
    const { server, answer, release } = await lookUp({ A: [], AAAA: ['2001:db8::1'] }, 'AAAA')
    await using _ = server
    await expect.poll(() => server.questions.toSorted()).toEqual(['A', 'AAAA'])
    release()
    expect(await answer).toMatchObject({ addresses: ['2001:db8::1'], lifeMs: 7000 })
  })
})

it('a delivery does not wait for an AAAA query that is never answered', async () => {
  await using receiver = await startReceiver()
  await using server = await startNameServer((type) => (type === 'A' ? ['127.0.0.1'] : 'SILENCE'))
  const lookUp = createNameResolver([server.address])
  let queryEnded = false
  await using client = startClient({
    async resolve(hostname) {
      const answer = await lookUp(hostname)
      answer.later?.then(() => (queryEnded = true))
      return answer
    },
  })
  const url = `http://hooks.example.com:${receiver.port}/`
  expect((await client.send({ ...request, url })).outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(queryEnded).toBe(false)
})
