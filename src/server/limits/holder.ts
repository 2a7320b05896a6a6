import type { Viewer } from '../../access/authentication.ts'

/**
 * Names who a budget or a place belongs to: an API key, a platform key for each organization it acts for, or a
 * user of the host product.
 */
export function holderOf({ apiKeyId, organizationId, userId }: Viewer): string {
  return `${organizationId} ${apiKeyId ?? `user ${userId}`}`
}
