import type { TypedDocumentNode } from '@urql/core'
import { useEffect, useEffectEvent, useState } from 'react'
import { useSession } from './session.ts'

/**
 * Runs a subscription while the component is mounted.
 * @param key restarts the subscription when it changes, as the id in the variables; null runs none
 * @param variables called at each start, also after a break
 * @returns the message of the error that ended the subscription; null while it runs
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
  const handleData = useEffectEvent(onData)
  const currentVariables = useEffectEvent(variables)
  useEffect(() => {
    if (key === null) return
    setFailure(null)
    return live.subscribe(document, () => currentVariables(), {
      onData: (data) => handleData(data),
      onError: setFailure,
    })
  }, [live, document, key])
  return failure
}

/** Calls `refresh` after each reconnection, for data that a subscription does not resume. */
export function useAfterReconnection(refresh: () => void): void {
  const { reconnections } = useSession().client.live
  const run = useEffectEvent(refresh)
  useEffect(() => reconnections.subscribe(() => run()), [reconnections])
}
