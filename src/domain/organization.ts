/** The exact form of our own ids: whatever else begins with org_ may be an id of the host product. */
const OWN_ID = /^org_[0-7][0-9a-hjkmnp-tv-z]{25}$/

const EXTERNAL_ID = /^[\x21-\x7e]{1,255}$/

/** Whether a text is an id of ours, and so never the host product's. */
export const isOrganizationId = (text: string) => OWN_ID.test(text)

/**
 * Whether a text can be the host product's id of an organization: 1 to 255 printable ASCII characters without
 * blanks. Others do not come through a header as they were sent.
 */
export const isExternalId = (text: string) => EXTERNAL_ID.test(text) && !isOrganizationId(text)
