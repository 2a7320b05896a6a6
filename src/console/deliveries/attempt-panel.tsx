import * as Dialog from '@radix-ui/react-dialog'
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import { useClient, useQuery } from 'urql'
import { AttemptBadge } from '../elements/badge.tsx'
import { Banner, Failure } from '../elements/banner.tsx'
import { IconButton } from '../elements/button.tsx'
import { CodeBlock } from '../elements/code-block.tsx'
import { useReturnFocus } from '../elements/dialog.tsx'
import { Skeleton } from '../elements/section.tsx'
import { formatDuration, Time } from '../elements/time.tsx'
import { titleOf } from '../events/event-types.ts'
import { useHostPage } from '../host-page.ts'
import styles from './attempt-panel.module.css'
import type { Attempt, AttemptDetails } from './attempt-row.ts'
import { DeliveryTimeline } from './delivery-timeline.tsx'
import { AttemptDetailsDocument } from './operations.ts'

interface AttemptPanelProps {
  id: string
  /** The attempts received live. The panel is updated after each further attempt of its delivery. */
  live: readonly Attempt[]
  onClose: () => void
}

/** Shows one attempt: the request, the response and the timeline of its delivery. */
export function AttemptPanel({ id, live, onClose }: AttemptPanelProps): ReactElement {
  const { attempt, error, refresh } = useAttempt(id, live)
  const { layers } = useHostPage()
  const returnFocus = useReturnFocus()
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal container={layers}>
        <Dialog.Overlay className={styles.overlay} />
        <Dialog.Content
          className={styles.panel}
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
        >
          <div className={styles.head}>
            <Dialog.Title className={styles.title}>
              {attempt ? titleOf(attempt.eventType) : 'Attempt'}
            </Dialog.Title>
            {attempt && <AttemptBadge status={attempt.status} />}
            <Dialog.Close asChild>
              <IconButton label="Close" className={styles.close ?? ''}>
                <path d="m5 5 10 10m0-10L5 15" />
              </IconButton>
            </Dialog.Close>
          </div>
          {error && <Failure title="Could not load the attempt" error={error} onRetry={refresh} />}
          {attempt === null && !error && (
            <p>This attempt no longer exists. Old attempts are deleted.</p>
          )}
          {attempt === undefined && !error && (
            <div aria-busy="true">
              <Skeleton lines={6} />
            </div>
          )}
          {attempt && <Details attempt={attempt} refresh={refresh} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** Reads an attempt, and again after each live attempt of the same delivery. */
function useAttempt(id: string, live: readonly Attempt[]) {
  const [{ data, error }] = useQuery({
    query: AttemptDetailsDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const node = data?.node
  /** Undefined while it loads; null if it does not exist. */
  const attempt = node?.__typename === 'DeliveryAttempt' ? node : data && null
  const deliveryId = attempt?.delivery.id
  const latest = live.findLast(({ delivery }) => delivery.id === deliveryId)?.id
  const refresh = useRefresh(id)
  // biome-ignore lint/correctness/useExhaustiveDependencies: refreshes after another attempt of the delivery
  useEffect(() => {
    if (latest !== undefined) refresh()
  }, [latest])
  return { attempt, error, refresh }
}

/**
 * Returns a function that reads the attempt again; `useQuery` shows the result. Reads are sent one after the other:
 * the client would answer a read from one in flight, whose result may be older than the change that caused the read.
 */
function useRefresh(id: string): () => Promise<unknown> {
  const client = useClient()
  const last = useRef<Promise<unknown>>(Promise.resolve())
  return () => {
    last.current = last.current.then(() =>
      client.query(AttemptDetailsDocument, { id }, { requestPolicy: 'network-only' }).toPromise(),
    )
    return last.current
  }
}

function Details({
  attempt,
  refresh,
}: {
  attempt: AttemptDetails
  refresh: () => Promise<unknown>
}): ReactElement {
  const { delivery, failure } = attempt
  return (
    <>
      {failure && (
        <Banner tone="bad" title="Why it failed">
          <p>{failure.message}</p>
        </Banner>
      )}
      <dl className={styles.facts}>
        <Fact name="Time">
          <Time value={attempt.attemptedAt} />
        </Fact>
        <Fact name="Response code">{attempt.responseCode ?? 'No response'}</Fact>
        <Fact name="Duration">{formatDuration(attempt.durationMs)}</Fact>
        <Fact name="Attempt">
          {attempt.number}
          {delivery.test && ' (test)'}
        </Fact>
      </dl>
      <DeliveryTimeline attempt={attempt} refresh={refresh} />
      {attempt.requestHeaders.length > 0 ? (
        <CodeBlock
          label="Request headers"
          code={attempt.requestHeaders.map(({ name, value }) => `${name}: ${value}`).join('\n')}
        />
      ) : (
        <Missing title="Request">Nothing was sent.</Missing>
      )}
      {delivery.event.erasedAt ? (
        <Missing title="Request body">The content of this event was erased.</Missing>
      ) : (
        <RequestBody payload={delivery.payload} />
      )}
      {attempt.responseBody ? (
        <CodeBlock label="Response" code={attempt.responseBody} />
      ) : (
        <Missing title="Response">
          {attempt.responseCode ? 'The response had no body.' : 'No response was received.'}
        </Missing>
      )}
      <dl className={styles.facts}>
        {attempt.url && (
          <Fact name="Sent to">
            <code>{attempt.url}</code>
          </Fact>
        )}
        <Fact name="Delivery">
          <code>{delivery.id}</code>
        </Fact>
        <Fact name="Event">
          <code>{delivery.event.id}</code>
        </Fact>
      </dl>
    </>
  )
}

/** Shows the exact bytes that were signed. */
function RequestBody({ payload }: { payload: string }): ReactElement {
  return (
    <div className={styles.part}>
      <CodeBlock wrap label="Request body" code={payload} />
      <p className={styles.muted}>
        {new TextEncoder().encode(payload).length.toLocaleString()} bytes, exactly as sent and
        signed. Every attempt sends the same body.
      </p>
    </div>
  )
}

function Missing({ title, children }: { title: string; children: string }): ReactElement {
  return (
    <div className={styles.part}>
      <h3>{title}</h3>
      <p className={styles.muted}>{children}</p>
    </div>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }): ReactElement => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)
