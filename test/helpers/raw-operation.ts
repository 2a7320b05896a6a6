import type { Scope } from '../../src/domain/api-key.ts'
import { organizationKey } from './organization-key.ts'
import type { World } from './world.ts'

/** The address of an API, and the key of the caller, if any. */
export interface Api {
  url: string
  apiKey?: string
}

export interface RawAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is to be proved
  data?: any
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
}

const send = (
  { url, apiKey }: Api,
  accept: string,
  operation: { query: string; variables?: object },
) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      accept,
      'content-type': 'application/json',
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify(operation),
  })

/** Sends an operation as text: tests of trust ask for what no typed document would. */
export async function ask(api: Api, query: string, variables: object = {}): Promise<RawAnswer> {
  const response = await send(api, 'application/json', { query, variables })
  return (await response.json()) as RawAnswer
}

/** Subscribes over server-sent events, and yields each result, including errors. Leaving the loop ends the subscription. */
export async function* listen(
  api: Api,
  query: string,
  variables: object = {},
): AsyncGenerator<RawAnswer> {
  const response = await send(api, 'text/event-stream', { query, variables })
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = `${text}${chunk}`.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) {
      const data = /^data: (.+)$/m.exec(block)?.[1]
      if (data) yield JSON.parse(data) as RawAnswer
    }
  }
}

/** Creates an API key with these scopes. The organization is created if it does not exist. */
export async function somebody(
  { app, url }: World,
  organization: string,
  scopes: readonly Scope[],
): Promise<Required<Api> & { organizationId: string }> {
  const apiKey = await organizationKey(app, organization, { name: 'test', scopes })
  const credentials = { authorization: `Bearer ${apiKey}`, organization: null }
  const { viewer } = await app.authenticate(credentials)
  return { url, apiKey, organizationId: viewer!.organizationId }
}

export const codesOf = ({ errors = [] }: RawAnswer) =>
  errors.map(({ extensions }) => extensions.code)
