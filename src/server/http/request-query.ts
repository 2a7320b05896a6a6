import type { IncomingMessage } from 'node:http'
import { refuseInexactNumbers } from '../../graphql/scalars/exact-number.ts'
import { HttpRefusal, parseJson } from './request-body.ts'

const JSON_PARAMETERS = ['variables', 'extensions']

/**
 * Checks the query string of a GET, and rewrites the request's URL when its JSON has a number that JSON.parse would
 * change: the number is then read as Infinity, as in a body.
 *
 * @throws HttpRefusal 400 when it is not percent-encoded UTF-8, or variables or extensions are not JSON
 */
export function checkQueryString(request: IncomingMessage): void {
  const { url = '' } = request
  checkEncoding(url)
  if (!/[?&](variables|extensions)=/.test(url)) return
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  let isRewritten = false
  for (const name of JSON_PARAMETERS) {
    const json = searchParams.get(name)
    if (!json) continue
    parseJson(json, `The parameter "${name}"`)
    const exact = refuseInexactNumbers(json)
    if (exact === json) continue
    searchParams.set(name, exact)
    isRewritten = true
  }
  if (isRewritten) request.url = `${pathname}?${searchParams}`
}

/** Bytes that are not UTF-8 would be read as U+FFFD. Node refuses those that are not percent-encoded. */
function checkEncoding(url: string): void {
  try {
    decodeURIComponent(url)
  } catch {
    throw new HttpRefusal(400, 'The query string is not valid percent-encoded UTF-8.')
  }
}
