import * as Tabs from '@radix-ui/react-tabs'
import type { ReactElement } from 'react'
import { CodeBlock } from '../../elements/code-block.tsx'
import { Section } from '../../elements/section.tsx'
import { NODE_CODE, PYTHON_CODE } from './verification-code.ts'
import styles from './verification-section.module.css'

const LANGUAGES = [
  { name: 'Node.js', code: NODE_CODE, file: 'receiver.mjs', command: 'node' },
  { name: 'Python', code: PYTHON_CODE, file: 'receiver.py', command: 'python3' },
] as const

/** Shows a receiver that verifies signatures. */
export function VerificationSection(): ReactElement {
  return (
    <Section
      title="Verify signatures"
      description="Every request carries an HMAC SHA-256 signature of its id, time and body. If you use a framework, let it accept bodies of 2 MB. In Express: express.json({ limit: '2mb' })."
    >
      <Tabs.Root defaultValue={LANGUAGES[0].name} className={styles.tabs}>
        <Tabs.List aria-label="Language" className={styles.list}>
          {LANGUAGES.map(({ name }) => (
            <Tabs.Trigger key={name} value={name} className={styles.tab}>
              {name}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {LANGUAGES.map(({ name, code, file, command }) => (
          <Tabs.Content key={name} value={name} tabIndex={-1} className={styles.content}>
            <p className={styles.run}>
              Save as <code>{file}</code>, then run{' '}
              <code>
                WEBHOOK_SECRET=… {command} {file}
              </code>
            </p>
            <CodeBlock code={code} label={`Verification code for ${name}`} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </Section>
  )
}
