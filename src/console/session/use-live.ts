import type { TypedDocumentNode } from '@urql/core'
import { useEffect, useEffectEvent, useState } from 'react'
import { useSession } from './session.ts'

/**
 * Watches a subscription while the component is shown.
 * @param key another one begins anew, e.g. the id that the variables name; null watches nothing
 * @param variables asked for at every beginning, also after a break
 * @returns the sentence of a refusal, which ended it; null while there is none
 */
export function useLive<Data, Variables extends object>(
  document: TypedDocumentNode<Data, Variables>,
  {
    key,
    variables,
    onData,
  }: { key: string | null; variables: () => Variables; onData: (data: Data) => void },
): string | null {
  const { live } = useSession().client
  const [failure, setFailure] = useState<string | null>(null)
  const take = useEffectEvent(onData)
  const current = useEffectEvent(variables)
  useEffect(() => {
    if (key === null) return
    setFailure(null)
    return live.subscribe(document, () => current(), {
      onData: (data) => take(data),
      onError: setFailure,
    })
  }, [live, document, key])
  return failure
}

/** Runs after each break of the live connection: for what is not resumed but asked for anew. */
export function useAfterBreak(refresh: () => void): void {
  const { breaks } = useSession().client.live
  const run = useEffectEvent(refresh)
  useEffect(() => breaks.subscribe(() => run()), [breaks])
}
