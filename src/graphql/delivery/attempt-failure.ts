import type { Failure, FailureCode } from '../../domain/outcome.ts'
import { builder } from '../builder.ts'

const AttemptFailureCode = builder.enumType('AttemptFailureCode', {
  description: 'What kind of failure it was, for programs.',
  values: {
    HTTP_STATUS: { description: 'The receiver answered with a status of 400 or above.' },
    REDIRECT: {
      description:
        'The receiver answered with a 3xx status. Redirects are not followed: set the URL that answers itself.',
    },
    TIMEOUT: {
      description: 'No connection, or no answer, within 5 seconds of starting to connect.',
    },
    DNS: { description: "The URL's host name could not be resolved." },
    CONNECTION: {
      description: 'The connection was refused, reset or closed before an answer came.',
    },
    TLS: {
      description:
        'No trusted encrypted connection: an expired, self-signed or wrong certificate, for example.',
    },
    BAD_RESPONSE: { description: 'What came back was no proper HTTP.' },
    BLOCKED_ADDRESS: {
      description:
        'The URL leads to a private or otherwise reserved address, which is never connected to.',
    },
    SECRET_UNAVAILABLE: {
      description:
        'The signing secret could not be read, so nothing was sent. Rotate it, then retry.',
    },
  } satisfies Record<FailureCode, { description: string }>,
})

export const AttemptFailure = builder.objectRef<Failure>('AttemptFailure').implement({
  description: 'Why an attempt failed.',
  fields: (t) => ({
    code: t.expose('code', {
      type: AttemptFailureCode,
      description: 'What kind of failure it was.',
    }),
    message: t.exposeString('message', {
      description: 'What happened, as a sentence for people. It names no resolved address.',
    }),
  }),
})
