import { once } from 'node:events'
import http from 'node:http'

/** Reads a subscription over server-sent events, as a browser would, until it has brought `count` results. */
export async function readSse<Data>(
  api: { url: string; apiKey: string },
  operation: { query: string; variables: object },
  count: number,
): Promise<Data[]> {
  const request = http.request(`${api.url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${api.apiKey}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
  })
  request.end(JSON.stringify(operation))
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const results: Data[] = []
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = `${text}${chunk}`.split('\n')
    text = lines.pop()!
    for (const line of lines) {
      if (!line.startsWith('data:') || line.trim() === 'data:') continue
      const { data, errors } = JSON.parse(line.slice(5))
      if (errors) throw new Error(errors[0].message)
      results.push(data)
    }
    if (results.length >= count) break
  }
  request.destroy()
  return results.slice(0, count)
}

/** The ids of the `count` attempts after one. */
export async function nextAttemptsOverSse(
  api: { url: string; apiKey: string },
  count: number,
  after: string,
): Promise<string[]> {
  const query = 'subscription ($after: ID) { deliveryAttempted(after: $after) { id } }'
  const results = await readSse<{ deliveryAttempted: { id: string } }>(
    api,
    { query, variables: { after } },
    count,
  )
  return results.map(({ deliveryAttempted }) => deliveryAttempted.id)
}
