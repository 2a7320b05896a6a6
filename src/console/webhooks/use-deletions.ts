import type { CombinedError } from '@urql/core'
import { useState } from 'react'
import { useToast } from '../elements/toast.tsx'
import type { Row } from './destination-rows.ts'

/** A deletion that failed. Its row is shown again. */
interface FailedDeletion {
  row: Row
  error: CombinedError
}

export type Deletions = ReturnType<typeof useDeletions>

/** @param remove resolves to the error, if there was one */
export function useDeletions(remove: (id: string) => Promise<CombinedError | undefined>) {
  const toast = useToast()
  const [failed, setFailed] = useState<readonly FailedDeletion[]>([])
  const dismiss = ({ id }: Row) => setFailed((all) => all.filter(({ row }) => row.id !== id))
  return {
    failed,
    dismiss,
    async start(row: Row) {
      dismiss(row)
      const error = await remove(row.id)
      if (error) setFailed((all) => [...all, { row, error }])
      else toast(`“${row.name}” deleted`)
    },
  }
}
