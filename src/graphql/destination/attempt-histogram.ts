import {
  type AttemptBucket as Bucket,
  bucketCount,
  countAttempts,
} from '../../feed/attempt-histogram.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { badUserInput } from '../request-error.ts'

/** Enough for two hours by the minute, or five days by the hour. */
const MOST_BUCKETS = 120

const LONGEST_BUCKET = 3_600

const DEFAULT_BUCKETS = 60

export const AttemptBucket = builder.objectRef<Bucket>('AttemptBucket').implement({
  description: 'What became of the attempts that began in one span of time.',
  fields: (t) => ({
    start: t.expose('start', {
      type: 'DateTime',
      description: 'When the span begins. It ends where the next one begins, the last one now.',
    }),
    succeeded: t.exposeInt('succeeded', { description: 'How many attempts succeeded.' }),
    failed: t.exposeInt('failed', { description: 'How many attempts failed.' }),
  }),
})

export const histogramArguments = builder.args((t) => ({
  since: t.field({
    type: 'DateTime',
    description: `A moment in the first span. Null means ${DEFAULT_BUCKETS} spans, the present one included.`,
  }),
  bucketSeconds: t.int({
    defaultValue: 60,
    description: `The length of a span in seconds, 1 to ${LONGEST_BUCKET}. Null means 60.`,
  }),
}))

interface HistogramArguments {
  since?: Date | null | undefined
  bucketSeconds?: number | null | undefined
}

/** @throws GraphQLError BAD_USER_INPUT for a length out of range, or for too many spans */
export async function histogramOf(
  id: string,
  { since, bucketSeconds: length }: HistogramArguments,
  ctx: Context,
): Promise<Bucket[]> {
  const bucketSeconds = length ?? 60
  if (bucketSeconds < 1 || bucketSeconds > LONGEST_BUCKET) {
    throw badUserInput(`bucketSeconds is 1 to ${LONGEST_BUCKET}, got ${bucketSeconds}.`)
  }
  const now = ctx.ports.clock.now()
  const from = since?.getTime() ?? now - (DEFAULT_BUCKETS - 1) * bucketSeconds * 1000
  if (bucketCount({ from, now, bucketSeconds }) > MOST_BUCKETS) {
    throw badUserInput(
      `At most ${MOST_BUCKETS} spans are counted at once: give a later "since", or longer spans.`,
    )
  }
  return countAttempts(
    ctx.ports,
    { id, organizationId: organizationOf(ctx) },
    { from, now, bucketSeconds },
  )
}
