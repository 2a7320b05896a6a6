import { maskedSignatureHeaders, type SignedThings } from './signature.ts'

/**
 * All headers that we give a request, in the order in which they are sent. The HTTP client adds what is its
 * own business: host, connection and content-length.
 * @param signatures made by `signatureHeaders`
 */
export function requestHeaders(
  userAgent: string,
  signatures: Record<string, string>,
): Record<string, string> {
  return {
    'user-agent': userAgent,
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    ...signatures,
  }
}

/** The same headers of a request that was sent, told afterwards, when no secret is at hand. */
export const maskedRequestHeaders = (
  userAgent: string,
  things: SignedThings & { withPrevious: boolean },
): Record<string, string> => requestHeaders(userAgent, maskedSignatureHeaders(things))
