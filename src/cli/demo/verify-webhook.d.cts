/** Throws when the signature is not 64 characters long. */
export function verifyWebhook(payload: string, signature: string, secret: string): boolean
