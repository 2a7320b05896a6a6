/** The form of the service's own ids. Other texts that begin with org_ may be ids of the host product. */
const OWN_ID = /^org_[0-7][0-9a-hjkmnp-tv-z]{25}$/

const EXTERNAL_ID = /^[\x21-\x7e]{1,255}$/

/** Whether a text is an id of the service, and so never one of the host product. */
export const isOrganizationId = (text: string) => OWN_ID.test(text)

/**
 * Whether a text can be the id of an organization in the host product: 1 to 255 printable ASCII characters without spaces,
 * since HTTP headers do not transport others unchanged.
 */
export const isExternalId = (text: string) => EXTERNAL_ID.test(text) && !isOrganizationId(text)
