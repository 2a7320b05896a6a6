import { graphql } from '../generated/index.ts'

export const AuditLogDocument = graphql(`
  query AuditLog($filter: AuditLogFilter, $after: String) {
    viewer {
      organization {
        id
        auditLog(first: 50, after: $after, filter: $filter) {
          nodes {
            id
            action
            actor {
              kind
              id
              name
            }
            subjectId
            subjectName
            changes {
              setting
              before
              after
            }
            createdAt
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`)

/** What "Show GraphQL" lists. */
export const OPERATIONS = [AuditLogDocument]
