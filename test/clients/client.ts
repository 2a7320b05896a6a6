import type { TypedDocumentNode } from '@graphql-typed-document-node/core'

/** The address of the API, and the key of the caller. */
export interface Connection {
  /** As in "http://127.0.0.1:4000"; the API is at /graphql below it. */
  url: string
  apiKey: string
  /** Resolves when the network is available. A client waits for it before it reconnects. */
  networkIsBack(): Promise<void>
}

export interface Observer<Data> {
  next(data: Data): void
  /** Called once, when the client has given the subscription up. */
  error(error: Error): void
}

/** A client library, set up as its documentation says. */
export interface ApiClient {
  /** Sends a query or a mutation. Rejects with the first error's message. */
  request<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data>
  /**
   * Follows a subscription also over broken connections. `variables` is called at each beginning.
   * @returns what ends it
   */
  follow?<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: () => Variables,
    observer: Observer<Data>,
  ): () => void
  close(): Promise<void> | void
}

export type ConnectClient = (connection: Connection) => ApiClient | Promise<ApiClient>

export interface GraphqlResult<Data> {
  data?: Data | null | undefined
  errors?: readonly { message: string }[] | undefined
}

/** @throws Error with the messages of a result's errors */
export function dataOf<Data>({ data, errors }: GraphqlResult<Data>): Data {
  if (errors) throw new Error(errors.map(({ message }) => message).join(' '))
  return data!
}

/** Passes one result of a subscription on. */
export function deliver<Data>(result: GraphqlResult<Data>, observer: Observer<Data>): void {
  if (result.errors) observer.error(errorOf(result.errors))
  else observer.next(result.data!)
}

/** The sentence of whatever a subscription ended with: an error, a list of GraphQL errors, or a close event. */
export function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  const [first] = [thrown].flat() as { message?: string; reason?: string; code?: number }[]
  return new Error(first?.message || first?.reason || `closed with ${first?.code}`)
}
