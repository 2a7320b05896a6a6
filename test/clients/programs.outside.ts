import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type DocumentNode, type OperationDefinitionNode, print } from 'graphql'
import { describe, inject } from 'vitest'
import type { ConnectClient, Observer } from './client.ts'
import { testClient } from './test-client.ts'

interface Reply {
  id: number
  data?: never
  error?: string
  /** The connection broke. */
  broken?: true
}

function operationOf(document: DocumentNode) {
  const [definition] = document.definitions as OperationDefinitionNode[]
  return { query: print(document), name: definition!.name!.value }
}

/** A client that is a program of its own: it reads commands and writes replies, each a line of JSON. */
const program =
  (command: string, ...args: string[]): ConnectClient =>
  ({ url, apiKey, networkIsBack }) => {
    const child = spawn(command, args, {
      env: { ...process.env, API_URL: url, API_KEY: apiKey },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const handlers = new Map<number, (reply: Reply) => void>()
    createInterface(child.stdout).on('line', (line) => {
      const reply = JSON.parse(line) as Reply
      handlers.get(reply.id)?.(reply)
    })
    let latest = 0
    const write = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`)
    return {
      request(document, variables) {
        const id = ++latest
        const { promise, resolve, reject } = Promise.withResolvers<never>()
        handlers.set(id, ({ data, error }) => (error ? reject(new Error(error)) : resolve(data!)))
        write({ do: 'send', id, ...operationOf(document), variables })
        return promise
      },
      follow(document, variables, observer: Observer<never>) {
        const id = ++latest
        const begin = () =>
          write({ do: 'follow', id, ...operationOf(document), variables: variables() })
        handlers.set(id, ({ broken, data, error }) => {
          if (broken) void networkIsBack().then(() => handlers.has(id) && begin())
          else if (error) observer.error(new Error(error))
          else observer.next(data!)
        })
        begin()
        return () => {
          handlers.delete(id)
          write({ do: 'stop', id })
        }
      },
      async close() {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      },
    }
  }

const { go, python } = inject('outside')

describe.runIf(python?.path)('gql in Python', () => {
  const source = fileURLToPath(new URL('gql_client.py', import.meta.url))
  testClient(program(python?.path ?? '', source))
})

describe.runIf(go?.path)('genqlient in Go', () => {
  testClient(program(`${go?.path}/client`))
})
