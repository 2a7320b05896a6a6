import type { CombinedError } from '@urql/core'
import { useState } from 'react'
import { useToast } from '../elements/toast.tsx'
import type { Row } from './destination-rows.ts'

/** A deletion that came to nothing, so that its row is back. */
export interface Refusal {
  row: Row
  error: CombinedError
}

/** @param remove resolves to what went wrong, if anything did */
export function useDeletions(remove: (id: string) => Promise<CombinedError | undefined>) {
  const toast = useToast()
  const [refused, setRefused] = useState<readonly Refusal[]>([])
  const dismiss = ({ id }: Row) => setRefused((all) => all.filter(({ row }) => row.id !== id))
  return {
    refused,
    dismiss,
    async start(row: Row) {
      dismiss(row)
      const error = await remove(row.id)
      if (error) setRefused((all) => [...all, { row, error }])
      else toast(`“${row.name}” was deleted.`)
    },
  }
}
