import * as Tabs from '@radix-ui/react-tabs'
import type { ReactElement } from 'react'
import { CodeBlock } from '../../elements/code-block.tsx'
import { Section } from '../../elements/section.tsx'
import type { Detail } from '../use-destination.ts'
import { nodeCode, pythonCode } from './verification-code.ts'
import styles from './verification-section.module.css'

const LANGUAGES = [
  { name: 'Node.js', code: nodeCode },
  { name: 'Python', code: pythonCode },
] as const

/** Code that verifies this destination's requests, ready to copy. */
export function VerificationSection({ destination }: { destination: Detail }): ReactElement {
  const { previousExpiresAt } = destination.secret
  const overlapping = previousExpiresAt !== null && Date.parse(previousExpiresAt) > Date.now()
  return (
    <Section
      title="Verify signatures"
      description="Every request carries an HMAC SHA-256 signature of its body. This runs as it is: start it with the secret in WEBHOOK_SECRET. A framework must accept bodies of 2 MB: Express accepts 100 kB until you set express.json({ limit: '2mb' })."
    >
      <Tabs.Root defaultValue={LANGUAGES[0].name} className={styles.tabs}>
        <Tabs.List aria-label="Language" className={styles.list}>
          {LANGUAGES.map(({ name }) => (
            <Tabs.Trigger key={name} value={name} className={styles.tab}>
              {name}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {LANGUAGES.map(({ name, code }) => (
          <Tabs.Content key={name} value={name} tabIndex={-1} className={styles.content}>
            <CodeBlock code={code({ overlapping })} label={`Verification code for ${name}`} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </Section>
  )
}
