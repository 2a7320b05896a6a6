import {
  type AttemptBucket as Bucket,
  bucketCount,
  countAttempts,
} from '../../feed/attempt-histogram.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { badUserInput } from '../request-error.ts'

/** Covers two hours by the minute, or five days by the hour. */
export const MAX_BUCKETS = 120

const DEFAULT_BUCKETS = 60
const MAX_BUCKET_SECONDS = 3_600
const DEFAULT_BUCKET_SECONDS = 60

export const AttemptBucket = builder.objectRef<Bucket>('AttemptBucket').implement({
  description: 'The attempts that began within one interval.',
  fields: (t) => ({
    start: t.expose('start', {
      type: 'DateTime',
      description:
        'The start of the interval. It ends where the next one starts; the last one ends now.',
    }),
    succeeded: t.exposeInt('succeeded', { description: 'The number of successful attempts.' }),
    failed: t.exposeInt('failed', { description: 'The number of failed attempts.' }),
  }),
})

export const histogramArguments = builder.args((t) => ({
  since: t.field({
    type: 'DateTime',
    description: `A time within the first interval. Null means that the last ${DEFAULT_BUCKETS} intervals are returned, including the current one.`,
  }),
  bucketSeconds: t.int({
    defaultValue: DEFAULT_BUCKET_SECONDS,
    description: `The length of an interval in seconds, 1 to ${MAX_BUCKET_SECONDS}. Null means ${DEFAULT_BUCKET_SECONDS}.`,
  }),
}))

interface HistogramArguments {
  since?: Date | null | undefined
  bucketSeconds?: number | null | undefined
}

/** @throws GraphQLError BAD_USER_INPUT for a length out of range, and for too many intervals */
export async function histogramOf(
  id: string,
  { since, bucketSeconds: length }: HistogramArguments,
  ctx: Context,
): Promise<Bucket[]> {
  const bucketSeconds = length ?? DEFAULT_BUCKET_SECONDS
  if (bucketSeconds < 1 || bucketSeconds > MAX_BUCKET_SECONDS) {
    throw badUserInput(`bucketSeconds must be 1 to ${MAX_BUCKET_SECONDS}, got ${bucketSeconds}.`)
  }
  const now = ctx.ports.clock.now()
  const from = since?.getTime() ?? now - (DEFAULT_BUCKETS - 1) * bucketSeconds * 1000
  if (bucketCount({ from, now, bucketSeconds }) > MAX_BUCKETS) {
    throw badUserInput(
      `The histogram would have more than ${MAX_BUCKETS} intervals. Use a later "since" or longer intervals.`,
    )
  }
  return countAttempts(
    ctx.ports,
    { id, organizationId: organizationOf(ctx) },
    { from, now, bucketSeconds },
  )
}
