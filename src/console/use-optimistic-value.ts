import { useState } from 'react'

type Change<Value> = (value: Value) => Value

/**
 * Applies changes to a value while the requests that make them are pending. A change is dropped when its request
 * ends; the value is then the confirmed one. Updates of the confirmed value apply below pending changes.
 *
 * React's `useOptimistic` requires a transition, which would delay navigation until the response.
 */
export function useOptimisticValue<Value>(confirmed: Value) {
  const [changes, setChanges] = useState<readonly Change<Value>[]>([])
  /** @param request applies its result to the confirmed value before it resolves, so that the old value never shows */
  async function apply<Result>(
    change: Change<Value>,
    request: () => Promise<Result>,
  ): Promise<Result> {
    setChanges((all) => [...all, change])
    try {
      return await request()
    } finally {
      setChanges((all) => all.filter((one) => one !== change))
    }
  }
  return [changes.reduce((value, change) => change(value), confirmed), apply] as const
}
