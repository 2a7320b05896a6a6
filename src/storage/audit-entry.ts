/**
 * Inserts the rows of the common table expression `entry` into the audit log. The only statement that writes there: a
 * statement that changes destinations ends with it.
 * `entry` has the columns id, destination_id, action, api_key_id, user_id and changed. Entries without a key and a user
 * are those of the service itself.
 */
export const INSERT_AUDIT_ENTRIES = `
insert into audit_entry (id, destination_id, action, api_key_id, user_id, changed, created_at)
select id, destination_id, action::audit_action, api_key_id, user_id, changed, service_now() from entry`
