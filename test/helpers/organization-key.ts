import type { NewApiKey } from '../../src/access/api-key.ts'
import type { App } from '../../src/process/app.ts'

/** Creates an API key for the organization with this name or id, which is created if it does not exist. Returns the key. */
export async function organizationKey(
  { createApiKey, ports }: Pick<App, 'createApiKey' | 'ports'>,
  organization: string,
  key: NewApiKey,
): Promise<string> {
  const [known] = await ports.db.query<{ id: string }>(
    'select id from organization where $1 in (id, name) order by id limit 1',
    [organization],
  )
  const owner = known ? { organization: known.id } : { newOrganization: organization }
  return (await createApiKey(owner, key)).key
}
