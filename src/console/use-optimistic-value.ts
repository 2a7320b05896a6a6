import { useState } from 'react'

type Change<Value> = (value: Value) => Value

/**
 * Shows a value as it will be while the API is asked to make it so. What the API tells meanwhile is kept below
 * it, and what is expected goes once `ask` has ended: then the value is as it was last told.
 *
 * React's own `useOptimistic` does the same within a transition, in which going to another page would have to wait
 * for the answer.
 */
export function useOptimisticValue<Value>(told: Value) {
  const [changes, setChanges] = useState<readonly Change<Value>[]>([])
  /** @param ask takes over what it is answered before it ends, so that nothing old shows in between */
  async function expect<Answer>(
    change: Change<Value>,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    setChanges((all) => [...all, change])
    try {
      return await ask()
    } finally {
      setChanges((all) => all.filter((one) => one !== change))
    }
  }
  return [changes.reduce((value, change) => change(value), told), expect] as const
}
