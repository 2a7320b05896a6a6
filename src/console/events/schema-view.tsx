import type { ReactElement } from 'react'
import styles from './schema-view.module.css'
import { type JsonSchema, nestedSchema, typeOf } from './schema-words.ts'

/** Lists the fields of an object, with nested fields below their object. */
export function SchemaView({ schema }: { schema: JsonSchema }): ReactElement {
  const { properties = {}, required = [] } = schema
  return (
    <ul className={styles.fields}>
      {Object.entries(properties).map(([name, field]) => {
        const inner = nestedSchema(field)
        return (
          <li key={name} className={styles.field}>
            <p className={styles.head}>
              <code className={styles.name}>{name}</code>
              <span className={styles.type}>{typeOf(field)}</span>
              {!required.includes(name) && <span className={styles.optional}>optional</span>}
            </p>
            {field.description && <p className={styles.description}>{field.description}</p>}
            {inner && <SchemaView schema={inner} />}
          </li>
        )
      })}
    </ul>
  )
}
