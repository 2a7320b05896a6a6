import type { Failure, FailureCode } from '../../domain/failure.ts'
import { ATTEMPT_TIMEOUT_MS } from '../../domain/outcome.ts'
import { builder } from '../builder.ts'

const AttemptFailureCode = builder.enumType('AttemptFailureCode', {
  description: 'Why an attempt failed, for programs.',
  values: {
    HTTP_STATUS: { description: 'The receiver answered with a status of 400 or above.' },
    REDIRECT: {
      description:
        "The receiver answered with a 3xx status. Redirects aren't followed; set the final URL.",
    },
    TIMEOUT: {
      description: `No connection, or no response, within ${ATTEMPT_TIMEOUT_MS / 1_000} seconds after connecting began.`,
    },
    DNS: { description: 'The host name of the URL could not be resolved.' },
    CONNECTION: {
      description: 'The connection was refused, reset or closed before a response arrived.',
    },
    TLS: {
      description:
        'No trusted TLS connection could be established, for example because the certificate is expired, self-signed or for another host.',
    },
    BAD_RESPONSE: { description: 'The response was not valid HTTP.' },
    BLOCKED_ADDRESS: {
      description:
        'The host name resolves to a private or otherwise reserved address. The service never connects to those.',
    },
    SECRET_UNAVAILABLE: {
      description:
        'The service could not decrypt the signing secret, so nothing was sent. Rotate the secret, then retry the delivery.',
    },
  } satisfies Record<FailureCode, { description: string }>,
})

export const AttemptFailure = builder.objectRef<Failure>('AttemptFailure').implement({
  description: 'Why an attempt failed.',
  fields: (t) => ({
    code: t.expose('code', {
      type: AttemptFailureCode,
      description: 'The kind of failure.',
    }),
    message: t.exposeString('message', {
      description: 'The cause, for people to read. It contains no resolved address.',
    }),
  }),
})
