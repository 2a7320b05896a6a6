import { useBlocker } from '@tanstack/react-router'
import { type FormEvent, lazy, type ReactElement, Suspense } from 'react'
import { Button } from '../elements/button.tsx'
import { TextField } from '../elements/field.tsx'
import { Section } from '../elements/section.tsx'
import { useScopes } from '../session/session.ts'
import { EventSelection } from './event-selection.tsx'
import styles from './settings-form.module.css'
import type { Detail } from './use-destination.ts'
import type { Draft } from './use-draft.ts'

const ConfirmDialog = lazy(async () => ({
  default: (await import('../elements/dialog.tsx')).ConfirmDialog,
}))

interface SettingsFormProps {
  destination: Detail
  draft: Draft
}

/** Edits name, URL and events. Nothing is sent to the API before "Save changes". */
export function SettingsForm({ destination, draft }: SettingsFormProps): ReactElement {
  const readOnly = !useScopes()('DESTINATIONS_WRITE')
  const { settings, errors, edit } = draft
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (draft.changed && !draft.saving) void draft.save()
  }
  return (
    // The API validates. Its errors are shown below the fields.
    <form noValidate onSubmit={submit} className={styles.form} aria-label="Settings">
      <Section title="Configuration" description={readOnly ? READ_ONLY : undefined}>
        <TextField
          label="Name"
          hint="A descriptive name to help you identify this webhook."
          value={settings.name}
          maxLength={255}
          autoComplete="off"
          readOnly={readOnly}
          error={errors.name}
          onChange={(event) => edit({ name: event.target.value })}
        />
        <TextField
          label="URL"
          hint="Where Bigmind sends event notifications. Must be HTTPS."
          type="url"
          inputMode="url"
          placeholder="https://example.com/webhook"
          value={settings.url}
          autoComplete="off"
          spellCheck={false}
          readOnly={readOnly}
          error={errors.url}
          onChange={(event) => edit({ url: event.target.value })}
        />
      </Section>
      <EventSelection
        selected={settings.events}
        error={errors.events}
        readOnly={readOnly}
        webhookId={destination.id}
        onChange={(events) => edit({ events })}
      />
      {!readOnly && <SaveBar draft={draft} />}
      <LeaveGuard draft={draft} />
    </form>
  )
}

const READ_ONLY = 'Read-only: your key lacks the scope DESTINATIONS_WRITE.'

function SaveBar({ draft }: { draft: Draft }): ReactElement {
  const { discard, errors, saving } = draft
  const changed = draft.changed && !saving
  return (
    <div className={styles.bar} data-changed={draft.changed}>
      <p role="status" className={errors.form ? styles.error : styles.text}>
        {errors.form ||
          (changed ? 'You have unsaved changes.' : saving ? 'Saving…' : 'All changes saved.')}
      </p>
      {changed && (
        <Button variant="quiet" onClick={discard}>
          Discard
        </Button>
      )}
      <Button
        type="submit"
        variant="primary"
        busy={saving}
        unavailable={draft.changed ? null : 'There are no changes to save.'}
      >
        Save changes
      </Button>
    </div>
  )
}

/** Asks before unsaved edits are lost by leaving the page or closing the tab. */
function LeaveGuard({ draft }: { draft: Draft }): ReactElement | null {
  const { changed, discard } = draft
  const { proceed, reset, status } = useBlocker({
    shouldBlockFn: () => changed,
    enableBeforeUnload: () => changed,
    withResolver: true,
  })
  if (status !== 'blocked') return null
  return (
    <Suspense>
      <ConfirmDialog
        title="Leave without saving?"
        confirm="Leave without saving"
        cancel="Stay"
        onConfirm={() => {
          discard()
          proceed()
        }}
        onCancel={reset}
      >
        <p>Your unsaved changes will be lost.</p>
      </ConfirmDialog>
    </Suspense>
  )
}
