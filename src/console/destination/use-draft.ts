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

/** What can be edited. A URL that is not set is an empty text. */
export interface Settings {
  name: string
  url: string
  events: EventType[]
}

export type SettingsErrors = Partial<Record<keyof Settings | 'form', string>>

export type Draft = ReturnType<typeof useDraft>

/** What was edited of a destination and not saved yet. What was not edited follows the destination. */
export function useDraft(destination: Detail, change: ChangeDestination) {
  const toast = useToast()
  const writable = useScopes()('DESTINATIONS_WRITE')
  const { left, keep } = useUnsaved<Partial<Settings>>(destination.id)
  const [edits, setEdits] = useState((writable && left) || {})
  const [errors, setErrors] = useState<SettingsErrors>({})
  const [{ fetching: saving }, update] = useMutation(UpdateDestinationDocument)
  const input = changesOf(edits, destination)
  const changed = saving || Object.keys(input).length > 0
  useEffect(() => keep(changed ? edits : null))

  /** Shows as saved at once, but what was edited is given up only when it is. */
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
    /** Whether something would be lost by leaving. */
    changed,
    saving,
    edit(edit: Partial<Settings>) {
      setEdits((before) => ({ ...before, ...edit }))
      setErrors((before) => ({ ...before, form: '', ...blank(edit) }))
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
    ...(isOtherSet(events, saved.events) && { events }),
  }
}

/** The destination's part in it once it is saved. No name is refused for sure. */
const expectedOf = ({ name, url, events }: DestinationUpdateInput): Partial<Detail> => ({
  ...(name?.trim() && { name: name.trim() }),
  ...(url !== undefined && { url }),
  ...(events && { events }),
})

/** What was edited since, while the rest was being saved. */
const without = (now: Partial<Settings>, saved: Partial<Settings>): Partial<Settings> =>
  Object.fromEntries(
    Object.entries(now).filter(([field, value]) => value !== saved[field as keyof Settings]),
  )

const isOtherSet = (some: readonly EventType[], others: readonly EventType[]) =>
  some.length !== others.length || some.some((one) => !others.includes(one))

/** What was wrong with a field is no longer said once it is edited. */
const blank = (edit: Partial<Settings>): SettingsErrors =>
  Object.fromEntries(Object.keys(edit).map((field) => [field, '']))

const NEEDED: Record<DestinationRequirement, SettingsErrors> = {
  URL: { url: 'An active destination needs a URL. Deactivate it first, or set another one.' },
  EVENTS: {
    events: 'An active destination needs at least one event. Deactivate it first, or select one.',
  },
}

const GONE = 'This destination was deleted meanwhile: there is nothing left to save.'

type Result = UpdateDestinationMutation['destinationUpdate'] | undefined

/** Each sentence beside what it is about, as the API's answer names it. */
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
    return Object.assign({}, ...result.missing.map((one) => NEEDED[one]))
  }
  return result?.__typename === 'NotFoundError' ? { form: GONE } : {}
}
