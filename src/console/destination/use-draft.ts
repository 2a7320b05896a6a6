import { useEffect, useState } from 'react'
import { useMutation } from 'urql'
import { useToast } from '../elements/toast.tsx'
import type {
  DestinationRequirement,
  DestinationUpdateInput,
  EventType,
  UpdateDestinationMutation,
} from '../generated/graphql.ts'
import { errorMessage } from '../session/client.ts'
import { useScopes, useUnsaved } from '../session/session.ts'
import { UpdateDestinationDocument } from './operations.ts'
import type { ChangeDestination, Detail } from './use-destination.ts'

/** The editable fields. A missing URL is an empty string. */
export interface Settings {
  name: string
  url: string
  events: EventType[]
}

export type SettingsErrors = Partial<Record<keyof Settings | 'form', string>>

export type Draft = ReturnType<typeof useDraft>

/** Keeps unsaved edits of a destination. Fields that were not edited follow the destination. */
export function useDraft(destination: Detail, change: ChangeDestination) {
  const toast = useToast()
  const writable = useScopes()('DESTINATIONS_WRITE')
  const { kept, keep } = useUnsaved<Partial<Settings>>(destination.id)
  const [edits, setEdits] = useState((writable && kept) || {})
  const [errors, setErrors] = useState<SettingsErrors>({})
  const [{ fetching: saving }, update] = useMutation(UpdateDestinationDocument)
  const input = changesOf(edits, destination)
  const changed = saving || Object.keys(input).length > 0
  useEffect(() => keep(changed ? edits : null))

  /** Shows the edits as saved at once, but drops them only after the API has saved them. */
  const save = () => {
    setErrors({})
    return change(expectedOf(input), async () => {
      const { data, error } = await update({ id: destination.id, input })
      const result = data?.destinationUpdate
      if (result?.__typename === 'Destination') {
        setEdits((now) => without(now, edits))
        toast('Changes saved.')
        return result
      }
      setErrors(error ? { form: errorMessage(error) } : errorsOf(result))
      return null
    })
  }
  return {
    settings: { ...savedSettings(destination), ...edits },
    errors,
    /** Whether there are edits that would be lost by leaving. */
    changed,
    saving,
    edit(edit: Partial<Settings>) {
      setEdits((before) => ({ ...before, ...edit }))
      setErrors((before) => ({ ...before, form: '', ...clearedErrors(edit) }))
    },
    discard() {
      setEdits({})
      setErrors({})
    },
    save,
  }
}

const savedSettings = ({ name, url, events }: Detail): Settings => ({
  name,
  url: url ?? '',
  events: [...events],
})

function changesOf(edits: Partial<Settings>, destination: Detail): DestinationUpdateInput {
  const saved = savedSettings(destination)
  const { name = saved.name, url = saved.url, events = saved.events } = edits
  return {
    ...(name.trim() !== saved.name && { name }),
    ...(url.trim() !== saved.url && { url: url.trim() || null }),
    ...(differs(events, saved.events) && { events }),
  }
}

/** Returns the fields as they will be after the save. An empty name is left out, because the API refuses it. */
const expectedOf = ({ name, url, events }: DestinationUpdateInput): Partial<Detail> => ({
  ...(name?.trim() && { name: name.trim() }),
  ...(url !== undefined && { url }),
  ...(events && { events }),
})

/** Returns the edits made while the others were being saved. */
const without = (now: Partial<Settings>, saved: Partial<Settings>): Partial<Settings> =>
  Object.fromEntries(
    Object.entries(now).filter(([field, value]) => value !== saved[field as keyof Settings]),
  )

const differs = (some: readonly EventType[], others: readonly EventType[]) =>
  some.length !== others.length || some.some((one) => !others.includes(one))

/** Removes the errors of edited fields. */
const clearedErrors = (edit: Partial<Settings>): SettingsErrors =>
  Object.fromEntries(Object.keys(edit).map((field) => [field, '']))

const NOT_READY: Record<DestinationRequirement, SettingsErrors> = {
  URL: { url: 'An active webhook needs a URL. Enter one, or deactivate the webhook first.' },
  EVENTS: {
    events:
      'An active webhook needs at least one event. Select one, or deactivate the webhook first.',
  },
}

const DELETED = 'This webhook was deleted.'

type Result = UpdateDestinationMutation['destinationUpdate'] | undefined

/** Returns the messages of the API by field. */
function errorsOf(result: Result): SettingsErrors {
  if (result?.__typename === 'ValidationError') {
    return Object.fromEntries(
      result.issues.map(({ path: [field], message }) => [
        field === 'name' || field === 'url' || field === 'events' ? field : 'form',
        message,
      ]),
    )
  }
  if (result?.__typename === 'DestinationNotReadyError') {
    return Object.assign({}, ...result.missing.map((one) => NOT_READY[one]))
  }
  return result?.__typename === 'NotFoundError' ? { form: DELETED } : {}
}
