/** The service's own PostgreSQL cannot run. The message is for whoever started the service: what is wrong, and what to do. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}
