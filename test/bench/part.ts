import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A part of a benchmark that runs in a process of its own, so that it takes no time from the others. */
// biome-ignore lint/suspicious/noExplicitAny: what a part's functions take is theirs to say.
type Functions = Record<string, (...args: any[]) => unknown>

/** The functions of a part, as another process calls them. */
export type Remote<Part extends Functions> = {
  [Name in keyof Part]: (
    ...args: Parameters<Part[Name]>
  ) => Promise<Awaited<ReturnType<Part[Name]>>>
}

type Call = { id: number; name: string; args: unknown[] }
type Answer = { id: number; value?: unknown; error?: string }

/** Answers calls of the process that started this one, and ends with it. */
export function servePart(part: Functions): void {
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches all processes of a terminal; who started this one decides when it ends.
  process.on('SIGINT', () => {})
  process.on('message', async ({ id, name, args }: Call) => {
    const answer = await Promise.try(part[name]!, ...args).then(
      (value): Answer => ({ id, value }),
      (error: Error): Answer => ({ id, error: error.stack ?? String(error) }),
    )
    process.send!(answer)
  })
}

export interface RunningPart<Part extends Functions> {
  call: Remote<Part>
  pid: number
  close(): Promise<void>
}

/** Starts a part. @param file its name in `parts`, without the ending */
export function startPart<Part extends Functions>(file: string): RunningPart<Part> {
  const child = fork(fileURLToPath(new URL(`parts/${file}.ts`, import.meta.url)), {
    serialization: 'advanced',
    execArgv: [],
  })
  const calls = callsTo(child)
  const call = new Proxy({} as Remote<Part>, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        calls(String(name), args),
  })
  const ended = once(child, 'exit')
  return {
    call,
    pid: child.pid!,
    async close() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

function callsTo(child: ChildProcess): (name: string, args: unknown[]) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  child.on('message', ({ id, value, error }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(`In ${child.spawnfile}: ${error}`))
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`A part ended with code ${code}.`))
  })
  return (name, args) => {
    const call = Promise.withResolvers<unknown>()
    last += 1
    waiting.set(last, call)
    child.send({ id: last, name, args } satisfies Call)
    return call.promise
  }
}
