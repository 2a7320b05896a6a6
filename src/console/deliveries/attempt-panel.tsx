import * as Dialog from '@radix-ui/react-dialog'
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import { useClient, useQuery } from 'urql'
import { AttemptBadge, durationOf } from '../elements/badge.tsx'
import { Banner, Failure } from '../elements/banner.tsx'
import { IconButton } from '../elements/button.tsx'
import { CodeBlock } from '../elements/code-block.tsx'
import { useReturnFocus } from '../elements/dialog.tsx'
import { Skeleton } from '../elements/section.tsx'
import { Time } from '../elements/time.tsx'
import { titleOf } from '../events/event-types.ts'
import { useHostPage } from '../host-page.ts'
import styles from './attempt-panel.module.css'
import type { Attempt, AttemptDetails } from './attempt-row.ts'
import { DeliveryTimeline } from './delivery-timeline.tsx'
import { AttemptDetailsDocument } from './operations.ts'

interface AttemptPanelProps {
  id: string
  /** The attempts that came live: a further one of the same delivery changes what is shown. */
  live: readonly Attempt[]
  onClose: () => void
}

/** One attempt whole: what was sent, what came back, and how its delivery goes on. */
export function AttemptPanel({ id, live, onClose }: AttemptPanelProps): ReactElement {
  const [{ data, error }] = useQuery({
    query: AttemptDetailsDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const found = data?.node
  const attempt = found?.__typename === 'DeliveryAttempt' ? found : null
  const deliveryId = attempt?.delivery.id
  const latest = live.findLast(({ delivery }) => delivery.id === deliveryId)?.id
  const refresh = useRefresh(id)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt of its delivery was made
  useEffect(() => {
    if (latest !== undefined) refresh()
  }, [latest])
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
          {error && (
            <Failure title="The attempt could not be loaded" error={error} onRetry={refresh} />
          )}
          {data && !attempt && !error && <p>There is no such attempt: old ones are deleted.</p>}
          {!data && !error && (
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

/**
 * @returns asks for the attempt as `useQuery` does, which shows the answer. One after the other: while a question is
 * under way, the same one is not sent again, and its answer may be older than what is now asked about.
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
        <Fact name="Response code">{attempt.responseCode ?? 'No answer'}</Fact>
        <Fact name="Duration">{durationOf(attempt.durationMs)}</Fact>
        <Fact name="Attempt">
          {attempt.retryCount === 0 ? 'First try' : `Retry ${attempt.retryCount}`}
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
        <Nothing title="Request">Nothing was sent.</Nothing>
      )}
      {delivery.event.erasedAt ? (
        <Nothing title="Request body">The content of this event was erased for good.</Nothing>
      ) : (
        <Body payload={delivery.payload} />
      )}
      {attempt.responseBody ? (
        <CodeBlock label="Response" code={attempt.responseBody} />
      ) : (
        <Nothing title="Response">
          {attempt.responseCode ? 'The answer had no body.' : 'No answer arrived.'}
        </Nothing>
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

/** Byte for byte as it is signed: one line, which Copy takes as it is. */
function Body({ payload }: { payload: string }): ReactElement {
  return (
    <div className={styles.part}>
      <CodeBlock wrap label="Request body" code={payload} />
      <p className={styles.muted}>
        Exactly the {new TextEncoder().encode(payload).length.toLocaleString()} bytes that were sent
        and signed, the same in every attempt.
      </p>
    </div>
  )
}

/** What stands where code would. */
function Nothing({ title, children }: { title: string; children: string }): ReactElement {
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
