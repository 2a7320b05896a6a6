import ky from 'ky'
import { Agent, request } from 'undici'
import { sharedNow } from '../clock.ts'
import { servePart } from '../part.ts'

/** What a loop sends: the same request again and again. */
export interface BareLoad {
  urls: readonly string[]
  /** Requests to each URL at a time. */
  concurrency: number
  /** Requests to each URL. */
  count: number
  headers: Record<string, string>
  body: string
}

type Post = (url: string) => Promise<unknown>

async function loop({ urls, concurrency, count }: BareLoad, post: Post): Promise<number> {
  const start = sharedNow()
  await Promise.all(
    urls.map(async (url) => {
      let left = count
      const one = async () => {
        while (left-- > 0) await post(url)
      }
      await Promise.all(Array.from({ length: concurrency }, one))
    }),
  )
  return sharedNow() - start
}

const bareLoop = {
  /** ky as it comes, over Node's own fetch. @returns milliseconds */
  ky: (load: BareLoad): Promise<number> => {
    const { headers, body } = load
    return loop(load, (url) => ky.post(url, { headers, body, retry: 0, timeout: false }))
  },

  /** undici without ky: the fastest client that Node has. @returns milliseconds */
  async undici(load: BareLoad): Promise<number> {
    const { headers, body } = load
    const dispatcher = new Agent({ pipelining: 1 })
    const milliseconds = await loop(load, async (url) => {
      const answer = await request(url, { method: 'POST', headers, body, dispatcher })
      await answer.body.dump()
    })
    await dispatcher.destroy()
    return milliseconds
  },
}

export type BareLoop = typeof bareLoop

servePart(bareLoop)
