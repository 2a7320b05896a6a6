import { useSyncExternalStore } from 'react'

/** A value with listeners that are called after it changes. */
export interface Signal<Value> {
  get(): Value
  set(value: Value): void
  /** @returns ends the subscription */
  subscribe(listener: () => void): () => void
}

export function createSignal<Value>(initial: Value): Signal<Value> {
  let current = initial
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return
      current = value
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

export const useSignal = <Value>({ get, subscribe }: Signal<Value>): Value =>
  useSyncExternalStore(subscribe, get)
