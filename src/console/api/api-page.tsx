import type { DocumentNode } from 'graphql'
import type { ReactElement } from 'react'
import { OPERATIONS as AUDIT_LOG } from '../audit-log/operations.ts'
import { OPERATIONS as DELIVERIES } from '../deliveries/operations.ts'
import { OPERATIONS as DESTINATION } from '../destination/operations.ts'
import { CodeBlock } from '../elements/code-block.tsx'
import { Section } from '../elements/section.tsx'
import { OPERATIONS as EVENTS } from '../events/operations.ts'
import { GraphiqlLink } from '../graphql-view/graphiql-link.tsx'
import { GraphqlOperation, nameOf } from '../graphql-view/graphql-operation.tsx'
import { useSession } from '../session/session.ts'
import { PageHeader } from '../shell/page-header.tsx'
import { OPERATIONS as WEBHOOKS } from '../webhooks/operations.ts'
import styles from './api-page.module.css'

/** Shows how to use the API: GraphiQL, a request with curl, and the operations of every page. */
export function ApiPage(): ReactElement {
  const { client, viewer } = useSession()
  return (
    <>
      <PageHeader
        title="API"
        trail={['API']}
        description="These pages use only the public GraphQL API. Your programs can do everything they do."
        operations={[]}
      />
      <div className={styles.page}>
        <Section
          title="Try it"
          description="Write and run operations in GraphiQL, next to the documentation of every type. It uses your current sign-in."
          actions={<GraphiqlLink variant="primary">Open GraphiQL</GraphiqlLink>}
        >
          <dl className={styles.facts}>
            <Fact name="Address">{client.url}</Fact>
            <Fact name="Organization">{viewer.organization.id}</Fact>
            <Fact name="Your scopes">{viewer.scopes.join(', ') || 'None'}</Fact>
          </dl>
        </Section>
        <Section
          title="Use it from a program"
          description="Send your key in the Authorization header. For subscriptions over graphql-ws, send the same value as connectionParams.authorization."
        >
          <CodeBlock label="curl" code={curl(client.url)} />
        </Section>
        {OPERATIONS_BY_PAGE.map(({ page, operations }) => (
          <Section key={page} title={page} description="Operations this page sends.">
            <div className={styles.operations}>
              {operations.map((operation) => (
                <details key={nameOf(operation)} className={styles.operation}>
                  <summary>{nameOf(operation)}</summary>
                  <GraphqlOperation operation={operation} />
                </details>
              ))}
            </div>
          </Section>
        ))}
      </div>
    </>
  )
}

const Fact = ({ name, children }: { name: string; children: string }): ReactElement => (
  <div>
    <dt>{name}</dt>
    <dd>
      <code>{children}</code>
    </dd>
  </div>
)

const curl = (url: string) =>
  `curl ${url} \\
  -H "Authorization: Bearer $BIGMIND_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"query": "query WhoAmI { viewer { scopes organization { name } } }"}'`

/** The operations that each page sends. */
export const OPERATIONS_BY_PAGE: readonly { page: string; operations: readonly DocumentNode[] }[] =
  [
    { page: 'Webhooks', operations: WEBHOOKS },
    { page: 'Webhook', operations: DESTINATION },
    { page: 'Recent deliveries', operations: DELIVERIES },
    { page: 'Event reference', operations: EVENTS },
    { page: 'Audit log', operations: AUDIT_LOG },
  ]
