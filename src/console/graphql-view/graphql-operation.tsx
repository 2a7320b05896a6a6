import { stringifyDocument } from '@urql/core'
import type { DocumentNode } from 'graphql'
import type { ReactElement } from 'react'
import { CodeBlock } from '../elements/code-block.tsx'
import { GraphiqlLink } from './graphiql-link.tsx'
import styles from './graphql-operation.module.css'

/** Shows the text of an operation, with a link that opens it in GraphiQL. */
export function GraphqlOperation({ operation }: { operation: DocumentNode }): ReactElement {
  const name = nameOf(operation)
  const text = stringifyDocument(operation)
  return (
    <div className={styles.operation}>
      <div className={styles.head}>
        <h3>{name}</h3>
        <GraphiqlLink variant="quiet" query={text} label={`Open in GraphiQL: ${name}`}>
          Open in GraphiQL
        </GraphiqlLink>
      </div>
      <CodeBlock code={text} label={name} />
    </div>
  )
}

/** Returns the name of the operation in a document. */
export const nameOf = ({ definitions }: DocumentNode): string =>
  definitions.flatMap((one) =>
    one.kind === 'OperationDefinition' ? (one.name?.value ?? '') : [],
  )[0] ?? ''
