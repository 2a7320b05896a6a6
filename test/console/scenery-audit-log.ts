import { minutesAgo } from './scenery-rows.ts'

const KEY = { kind: 'API_KEY', id: 'key_1', name: 'Sales operations' }
const USER = { kind: 'USER', id: 'user_4711', name: null }
const OPERATOR = { kind: 'OPERATOR', id: null, name: null }

const entry = (minutes: number, action: string, rest: object) => ({
  __typename: 'AuditLogEntry',
  id: `log_${minutes}`,
  action,
  actor: KEY,
  subjectId: 'whk_1',
  subjectName: 'Our CRM',
  changes: [] as object[],
  createdAt: minutesAgo(minutes).toISOString(),
  ...rest,
})

const pageOf = (nodes: object[], hasNextPage: boolean) => ({
  data: {
    viewer: {
      organization: {
        id: 'org_1',
        auditLog: { nodes, pageInfo: { hasNextPage, endCursor: null } },
      },
    },
  },
})

/** The answer of the API for a page of the audit log. It is not read from the database, whose times differ in each run. */
export const AUDIT_LOG = pageOf(
  [
    entry(2, 'SECRET_REVEALED', { actor: USER }),
    entry(9, 'DESTINATION_CHANGED', {
      actor: USER,
      changes: [
        { setting: 'name', before: 'CRM', after: 'Our CRM' },
        {
          setting: 'url',
          before: 'https://crm.example.com/hooks',
          after: 'https://crm.example.com/bigmind/webhooks',
        },
        { setting: 'events', before: ['TODO_CREATED'], after: ['TODO_CREATED', 'TODO_UPDATED'] },
      ],
    }),
    entry(30, 'DESTINATION_DELETED', { subjectName: 'Old archive' }),
    entry(45, 'SECRET_ROTATED', {
      changes: [{ setting: 'overlapSeconds', before: null, after: 86_400 }],
    }),
    entry(61, 'EVENT_ERASED', {
      actor: { kind: 'PLATFORM', id: null, name: null },
      subjectId: 'evt_1',
      subjectName: 'summary_created',
    }),
    entry(80, 'DESTINATION_ACTIVATED', {
      changes: [{ setting: 'status', before: 'INACTIVE', after: 'ACTIVE' }],
    }),
    entry(200, 'KEY_CREATED', {
      actor: OPERATOR,
      subjectId: 'key_1',
      subjectName: 'Sales operations',
      changes: [
        {
          setting: 'scopes',
          before: null,
          after: ['DESTINATIONS_READ', 'DESTINATIONS_WRITE', 'SECRETS_READ', 'KEYS_MANAGE'],
        },
      ],
    }),
  ],
  true,
)

export const NO_AUDIT_LOG = pageOf([], false)
