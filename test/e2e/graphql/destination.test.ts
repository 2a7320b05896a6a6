import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { createGraphqlWorld } from './world.ts'

const world = await createGraphqlWorld()

const DESTINATION = `
  id name url events status failureCount failureLimit disabledAt
  secret { masked previousExpiresAt }
`

async function create(viewer: Viewer, input: object) {
  const { data } = await world.run(
    viewer,
    `mutation ($input: DestinationCreateInput!) {
      destinationCreate(input: $input) {
        __typename
        ... on Destination { ${DESTINATION} }
        ... on ValidationError { issues { path message } }
      }
    }`,
    { input },
  )
  return data.destinationCreate
}

async function update(viewer: Viewer, id: string, input: object) {
  const { data } = await world.run(
    viewer,
    `mutation ($id: ID!, $input: DestinationUpdateInput!) {
      destinationUpdate(id: $id, input: $input) {
        __typename
        ... on Destination { ${DESTINATION} }
        ... on DestinationNotReadyError { missing }
      }
    }`,
    { id, input },
  )
  return data.destinationUpdate
}

async function activate(viewer: Viewer, id: string) {
  const { data } = await world.run(
    viewer,
    `mutation ($id: ID!) {
      destinationActivate(id: $id) {
        ... on Destination { status }
        ... on DestinationNotReadyError { message missing }
      }
    }`,
    { id },
  )
  return data.destinationActivate
}

async function remove(viewer: Viewer, id: string) {
  const { data } = await world.run(
    viewer,
    `mutation ($id: ID!) {
      destinationDelete(id: $id) {
        __typename
        ... on DestinationDeleted { id }
        ... on NotFoundError { id }
      }
    }`,
    { id },
  )
  return data.destinationDelete
}

describe('a destination', () => {
  test('is created INACTIVE with a masked secret; what is null is not set', async () => {
    const viewer = await world.createViewer()
    expect(await create(viewer, { name: ' CRM ', url: null, events: null })).toEqual({
      __typename: 'Destination',
      id: expect.stringMatching(/^whk_/),
      name: 'CRM',
      url: null,
      events: [],
      status: 'INACTIVE',
      failureCount: 0,
      failureLimit: 15,
      disabledAt: null,
      secret: { masked: expect.stringMatching(/^wsec_[A-Za-z0-9]•{39}$/), previousExpiresAt: null },
    })
  })

  test('is refused with the path of each fault', async () => {
    const viewer = await world.createViewer()
    expect(await create(viewer, { name: ' ', url: 'http://localhost' })).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['name'] }, { path: ['url'] }],
    })
  })

  test('is activated if its settings are complete, and otherwise the refusal lists what is missing', async () => {
    const viewer = await world.createViewer()
    const { id } = await create(viewer, { name: 'CRM' })
    expect(await activate(viewer, id)).toEqual({
      message: 'To be active, the destination requires a URL and at least one event.',
      missing: ['URL', 'EVENTS'],
    })
    await update(viewer, id, { url: 'https://example.com', events: ['TODO_CREATED'] })
    expect(await activate(viewer, id)).toEqual({ status: 'ACTIVE' })
    const { data } = await world.run(
      viewer,
      'mutation ($id: ID!) { destinationDeactivate(id: $id) { ... on Destination { status } } }',
      { id },
    )
    expect(data.destinationDeactivate).toEqual({ status: 'INACTIVE' })
  })

  test('changes given settings only: null removes the URL, and keeps the name and the event types', async () => {
    const viewer = await world.createViewer()
    const { id } = await create(viewer, {
      name: 'CRM',
      url: 'https://example.com',
      events: ['TODO_UPDATED', 'TODO_CREATED', 'TODO_UPDATED'],
    })
    expect(await update(viewer, id, { name: null, events: null })).toMatchObject({
      name: 'CRM',
      url: 'https://example.com/',
      events: ['TODO_CREATED', 'TODO_UPDATED'],
    })
    expect(await update(viewer, id, { name: 'ERP', url: null })).toMatchObject({
      name: 'ERP',
      url: null,
    })
  })

  test('keeps a URL and an event while it is ACTIVE', async () => {
    const viewer = await world.createViewer()
    const id = await world.createDestination(viewer)
    expect(await update(viewer, id, { url: null, events: [] })).toMatchObject({
      __typename: 'DestinationNotReadyError',
      missing: ['URL', 'EVENTS'],
    })
  })

  test('is deleted permanently', async () => {
    const viewer = await world.createViewer()
    const id = await world.createDestination(viewer)
    expect(await remove(viewer, id)).toEqual({ __typename: 'DestinationDeleted', id })
    expect(await remove(viewer, id)).toEqual({ __typename: 'NotFoundError', id })
  })
})

describe('a secret', () => {
  async function rotate(viewer: Viewer, id: string, overlap: string) {
    const { data } = await world.run(
      viewer,
      `mutation ($id: ID!) {
        destinationRotateSecret(id: $id ${overlap}) {
          ... on SecretRevealed { secret destination { secret { masked previousExpiresAt } } }
          ... on ValidationError { issues { path } }
        }
      }`,
      { id },
    )
    return data.destinationRotateSecret
  }

  test('is returned in plain text when it is rotated, and when it is revealed', async () => {
    const viewer = await world.createViewer()
    const id = await world.createDestination(viewer)
    const { secret, destination } = await rotate(viewer, id, '')
    expect(secret).toMatch(/^wsec_\w{40}$/)
    expect(destination.secret).toEqual({
      masked: secret.slice(0, 6) + '•'.repeat(39),
      previousExpiresAt: null,
    })
    const { data } = await world.run(
      viewer,
      'mutation ($id: ID!) { destinationRevealSecret(id: $id) { ... on SecretRevealed { secret } } }',
      { id },
    )
    expect(data.destinationRevealSecret).toEqual({ secret })
  })

  test('shows until when the previous secret signs, during the overlap only', async () => {
    const viewer = await world.createViewer()
    const id = await world.createDestination(viewer)
    const before = Date.now()
    const { destination } = await rotate(viewer, id, 'overlapSeconds: 60')
    const until = Date.parse(destination.secret.previousExpiresAt)
    expect(until).toBeGreaterThanOrEqual(before + 60_000)
    expect(until).toBeLessThanOrEqual(Date.now() + 60_000)
    await world.prisma.signingSecret.update({
      where: { destinationId: id },
      data: { previousExpiresAt: new Date(Date.now() - 1) },
    })
    const { data } = await world.run(
      viewer,
      'query ($id: ID!) { destination(id: $id) { secret { previousExpiresAt } } }',
      { id },
    )
    expect(data.destination.secret).toEqual({ previousExpiresAt: null })
    expect(await rotate(viewer, id, 'overlapSeconds: null')).toHaveProperty('secret')
    expect(await rotate(viewer, id, 'overlapSeconds: 604801')).toEqual({
      issues: [{ path: ['overlapSeconds'] }],
    })
  })

  test('that cannot be decrypted does not affect other fields', async () => {
    const viewer = await world.createViewer()
    const id = await world.createDestination(viewer)
    await world.prisma.signingSecret.update({
      where: { destinationId: id },
      data: { current: 'v1.lost.AAAA.AAAA' },
    })
    const { data } = await world.run(
      viewer,
      '{ destinations { nodes { name secret { masked } } } }',
    )
    expect(data.destinations.nodes).toEqual([
      { name: 'CRM', secret: { masked: `wsec_${'•'.repeat(40)}` } },
    ])
  })
})

describe('destinations', () => {
  test('are filtered by status, by any of several event types, and by literal text', async () => {
    const viewer = await world.createViewer()
    await world.createDestination(viewer, ['TODO_CREATED'], 'Sales 100% "new"')
    await world.createDestination(viewer, ['TODO_UPDATED', 'EMAIL_SENT'], 'back_office')
    await create(viewer, { name: 'Draft\\2', events: [] })
    const find = async (filter: object | null) => {
      const { data } = await world.run(
        viewer,
        'query ($filter: DestinationFilter) { destinations(filter: $filter) { totalCount nodes { name } } }',
        { filter },
      )
      const names = data.destinations.nodes.map(({ name }: { name: string }) => name)
      expect(data.destinations.totalCount).toBe(names.length)
      return names
    }
    const all = ['Draft\\2', 'back_office', 'Sales 100% "new"']
    expect(await find(null)).toEqual(all)
    expect(await find({ status: null, events: null, search: null })).toEqual(all)
    expect(await find({ status: ['ACTIVE', 'DISABLED'] })).toEqual(all.slice(1))
    expect(await find({ events: ['TODO_CREATED', 'EMAIL_SENT'] })).toEqual(all.slice(1))
    expect(await find({ status: [] })).toEqual([])
    expect(await find({ status: Array(70_000).fill('ACTIVE') })).toEqual(all.slice(1))
    expect(await find({ search: 'OFFICE' })).toEqual(['back_office'])
    expect(await find({ search: 'Example.COM/web' })).toEqual(all.slice(1))
    expect(await find({ search: '%' })).toEqual(['Sales 100% "new"'])
    expect(await find({ search: '_' })).toEqual(['back_office'])
    expect(await find({ search: '\\' })).toEqual(['Draft\\2'])
    expect(await find({ search: '' })).toEqual(all)
  })

  test('are not searched for a NUL, which text in PostgreSQL cannot contain', async () => {
    const { errors } = await world.run(
      await world.createViewer(),
      'query ($search: String) { destinations(filter: { search: $search }) { totalCount } }',
      { search: 'a\u0000' },
    )
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

test('a signing secret and an event definition have ids that nothing else has', async () => {
  const viewer = await world.createViewer()
  const ids = await Promise.all([1, 2].map(() => world.createDestination(viewer)))
  const { data } = await world.run(
    viewer,
    '{ destinations { nodes { id secret { id } } } eventDefinitions { id name } }',
  )
  const secrets = data.destinations.nodes.map(({ secret }: { secret: { id: string } }) => secret.id)
  const definitions = data.eventDefinitions.map(({ id }: { id: string }) => id)
  const all = [...ids, ...secrets, ...definitions]
  expect(new Set(all).size).toBe(2 + 2 + 16)
  expect(secrets).toEqual([expect.stringMatching(/^sec_\w+$/), expect.stringMatching(/^sec_\w+$/)])
  expect(definitions).toContain('def_todo_created')
})
