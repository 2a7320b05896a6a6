import { useState } from 'react'
import { graphql } from '../generated/index.ts'
import { useLive } from '../session/use-live.ts'

export const WatchDeletionDocument = graphql(`
  subscription WatchDeletion($id: ID!) {
    destinationDeleted(id: $id) {
      id
    }
  }
`)

/** Returns whether the destination was deleted while it was shown. */
export function useDeleted(id: string): boolean {
  const [deleted, setDeleted] = useState<string | null>(null)
  useLive(WatchDeletionDocument, {
    key: id,
    variables: () => ({ id }),
    onData: ({ destinationDeleted }) => setDeleted(destinationDeleted.id),
  })
  return deleted === id
}
