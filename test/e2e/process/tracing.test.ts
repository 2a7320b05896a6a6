import { expect, test } from 'vitest'
import { createGraphqlClient } from '../../../src/cli/graphql-client.ts'
import { inTime } from '../../faults/extent.ts'
import { deliveryOf, deliveryStands } from '../../helpers/delivery-operations.ts'
import { activeDestination, todo } from '../../helpers/operations.ts'
import { type Receiver, startReceiver } from '../../helpers/receiver.ts'
import { startServiceProcess } from '../../helpers/service-process.ts'
import { createWorld, type World } from '../../helpers/world.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  traceState?: string
  name: string
  kind: number
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[]
}

/** The spans that a collector has received, by OTLP over HTTP. */
const spansOf = (collector: Receiver): (Span & { service: string })[] =>
  collector.requests
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(({ body }) => JSON.parse(body).resourceSpans)
    .flatMap(({ resource, scopeSpans }) => {
      const name = resource.attributes.find(({ key }: { key: string }) => key === 'service.name')
      return scopeSpans.flatMap(({ spans }: { spans: Span[] }) =>
        spans.map((span) => ({ ...span, service: name.value.stringValue })),
      )
    })

const attributesOf = ({ attributes }: Span) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const TRACE_PARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`
const TRACE_STATE = 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'

async function publishTraced({ url, apiKey }: { url: string; apiKey: string }): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      traceparent: TRACE_PARENT,
      tracestate: TRACE_STATE,
    },
    body: JSON.stringify({
      query: `mutation Tell($input: EventPublishInput!) {
        eventPublish(input: $input) { ... on EventPublished { event { id } } }
      }`,
      variables: { input: { event: 'TODO_CREATED', data: todo('Call back') } },
    }),
  })
  expect(await response.json()).toHaveProperty('data.eventPublish.event.id')
}

const storedIn = ({ app }: World) =>
  app.ports.db.query<{ trace_parent: string | null }>('select trace_parent from event')

test('a publication and its attempts are one trace over two processes, and webhooks have no traceparent', async () => {
  await using world = await createWorld({ worker: false })
  await using collector = await startReceiver()
  await using receiver = await startReceiver({ answers: [503, 200] })
  const shared = {
    DATABASE_URL: world.databaseUrl,
    ENCRYPTION_KEYS: `test:${world.encryptionKey.toString('base64')}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  }
  const api = await startServiceProcess(shared, 'api')
  const worker = await startServiceProcess({ ...shared, OTEL_SERVICE_NAME: 'our-worker' }, 'worker')
  const client = createGraphqlClient({ url: api.url!, apiKey: world.apiKey })
  const url = `${receiver.url}?token=hidden`
  const { id } = await activeDestination(client, { url })
  await publishTraced({ url: api.url!, apiKey: world.apiKey })
  const request = await receiver.request(2)
  await deliveryStands(client, deliveryOf(request), { status: 'SUCCEEDED' })
  await client.close()
  // A process sends the remaining spans when it ends.
  for (const one of [api, worker]) {
    one.signal('SIGTERM')
    expect(await one.exit()).toBe(0)
  }

  const trace = spansOf(collector).filter(({ traceId }) => traceId === CALLER.traceId)
  expect(trace.map(({ name, service }) => `${service}: ${name}`).sort()).toEqual([
    'bigmind-webhooks: mutation Tell',
    'bigmind-webhooks: publish todo_created',
    'our-worker: attempt todo_created',
    'our-worker: attempt todo_created',
  ])
  const [operation, publication, ...both] = ['mutation', 'publish', 'attempt'].flatMap((word) =>
    trace.filter(({ name }) => name.startsWith(word)),
  )
  expect(operation).toMatchObject({ kind: 2, parentSpanId: CALLER.spanId })
  expect(publication).toMatchObject({ kind: 4, parentSpanId: operation!.spanId })
  for (const attempt of both) {
    expect(attempt).toMatchObject({ kind: 3, parentSpanId: publication!.spanId })
    expect(attributesOf(attempt)).toMatchObject({
      'bigmind.delivery.id': deliveryOf(request),
      'bigmind.destination.id': id,
      'server.address': '127.0.0.1',
    })
  }
  expect(both.map(attributesOf).map((one) => one['http.response.status_code'])).toEqual([503, 200])
  expect(both.map(attributesOf).map((one) => one['error.type'])).toEqual(['HTTP_STATUS', undefined])
  expect(JSON.stringify(collector.requests)).not.toContain('hidden')
  for (const { traceState } of trace) expect(traceState).toBe(TRACE_STATE)
  for (const { headers } of receiver.requests) {
    expect(headers).not.toHaveProperty('traceparent')
    expect(headers).not.toHaveProperty('tracestate')
  }
})

test('traces are sent as protobuf by default', async () => {
  await using world = await createWorld({ worker: false })
  await using collector = await startReceiver()
  const service = await startServiceProcess(
    {
      DATABASE_URL: world.databaseUrl,
      ENCRYPTION_KEYS: `test:${world.encryptionKey.toString('base64')}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
    },
    'api',
  )
  await publishTraced({ url: service.url!, apiKey: world.apiKey })
  service.signal('SIGTERM')
  expect(await service.exit()).toBe(0)
  const [request] = collector.requests
  expect(request).toMatchObject({ path: '/v1/traces' })
  expect(request!.headers['content-type']).toBe('application/x-protobuf')
  for (const text of ['bigmind-webhooks', 'mutation Tell', 'publish todo_created', TRACE_STATE]) {
    expect(request!.body).toContain(text)
  }
})

test('a collector that hangs delays neither operations nor the exit', async () => {
  await using world = await createWorld({ worker: false })
  await using collector = await startReceiver({ answers: [() => {}] })
  const service = await startServiceProcess({
    DATABASE_URL: world.databaseUrl,
    ENCRYPTION_KEYS: `test:${world.encryptionKey.toString('base64')}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
  })
  await publishTraced({ url: service.url!, apiKey: world.apiKey })
  const before = performance.now()
  service.signal('SIGTERM')
  expect(await service.exit()).toBe(0)
  expect(performance.now() - before).toBeLessThan(inTime(3_000))
  expect(collector.requests.map(({ path }) => path)).toEqual(['/v1/traces'])
})

test('no trace context is stored without a collector', async () => {
  await using world = await createWorld({ worker: false })
  await publishTraced(world)
  expect(await storedIn(world)).toEqual([{ trace_parent: null }])
})
