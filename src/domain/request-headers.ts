import { maskedSignatureHeaders, type SignedThings } from './signature.ts'

/**
 * Returns the headers of a request in the order in which they are sent. The HTTP client adds host, connection and
 * content-length.
 * @param signatures the result of `signatureHeaders`
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

/** Returns the headers of an earlier request with masked signatures, which needs no secret. */
export const maskedRequestHeaders = (
  userAgent: string,
  things: SignedThings & { withPrevious: boolean },
): Record<string, string> => requestHeaders(userAgent, maskedSignatureHeaders(things))
