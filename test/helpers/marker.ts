import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { deliveryOf, deliveryStands, publish } from './delivery-operations.ts'
import { activeDestination } from './operations.ts'
import { startReceiver } from './receiver.ts'

export interface Marker extends AsyncDisposable {
  /** Sends one event all the way: what was under way before has arrived by then. */
  pass(): Promise<void>
}

/** A destination beside those that are tested, to show that nothing more comes there. */
export async function startMarker(client: GraphqlClient): Promise<Marker> {
  const receiver = await startReceiver()
  await activeDestination(client, { url: receiver.url, events: ['SUMMARY_CREATED'] })
  const data = { meeting_id: 'mtg_1', session_id: 'ses_1', summary: 'Marker' }
  let passed = 0
  return {
    async pass() {
      passed += 1
      await publish(client, 'SUMMARY_CREATED', data)
      const request = await receiver.request(passed)
      await deliveryStands(client, deliveryOf(request), { status: 'SUCCEEDED' })
    },
    [Symbol.asyncDispose]: () => receiver.close(),
  }
}
