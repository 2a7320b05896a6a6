import type { GraphQLResolveInfo } from 'graphql'
import { NotFoundError } from '../domain/errors.ts'
import type {
  ApiKey,
  AuditEntry,
  AuditLogEntry,
  Delivery,
  DeliveryAttempt,
  Destination,
  Event,
  Organization,
  Prisma,
} from '../generated/prisma/client.ts'
import { type Context, organizationOf } from './context.ts'
import { findPage, nodesQuery, type PageArguments } from './pagination.ts'
import { isId, type NodeType } from './scalars/id.ts'

/**
 * Reads the rows of one type that the caller's organization owns. In each method `query` is what the operation selects,
 * as Pothos or `queryFromInfo` computes it, and each call is one statement.
 */
class Reader<Row extends { id: string }, Where extends object, UniqueWhere extends object> {
  readonly #type: NodeType
  readonly #owner: (organizationId: string) => object

  /** @param owner returns the condition that limits the type's rows to those of an organization */
  constructor(type: NodeType, owner: (organizationId: string) => object) {
    this.#type = type
    this.#owner = owner
  }

  /** Returns the unique condition under which Pothos reads a row again to load what it still lacks. */
  readonly key = ({ id }: { id: string }, ctx: Context): UniqueWhere =>
    ({ id, ...this.#owner(organizationOf(ctx)) }) as unknown as UniqueWhere

  /** Returns the row, or null if the organization has none with this id. Prisma batches the calls of one tick. */
  async find(ctx: Context, query: object, id: string): Promise<Row | null> {
    if (!isId(id)) return null
    return this.#table(ctx).findUnique({ ...query, where: this.key({ id }, ctx) })
  }

  /** @throws NotFoundError if the organization has no row with this id */
  async get(ctx: Context, query: object, id: string): Promise<Row> {
    const row = await this.find(ctx, query, id)
    if (!row) throw new NotFoundError(id)
    return row
  }

  list(ctx: Context, query: Omit<Query, 'where'>, where: Where): Promise<Row[]> {
    return this.#table(ctx).findMany({ ...query, where: this.#scope(ctx, where) })
  }

  count(ctx: Context, where: Where): Promise<number> {
    return this.#table(ctx).count({ where: this.#scope(ctx, where) })
  }

  /**
   * Returns one page, newest first.
   * @param of the id of the object whose list this is; undefined for a list of the whole organization
   * @throws GraphQLError BAD_USER_INPUT, see `findPage`
   */
  page(
    ctx: Context,
    info: GraphQLResolveInfo,
    { args, of, where }: { args: PageArguments; of?: string; where: Where },
  ) {
    const list = { type: this.#type, ...(of !== undefined && { of }) }
    return findPage(args, list, ({ where: range, ...keyset }) =>
      this.list(ctx, { ...nodesQuery(ctx, info, this.#type), ...keyset }, {
        ...range,
        ...where,
      } as Where),
    )
  }

  #scope(ctx: Context, where: Where): object {
    return { ...where, ...this.#owner(organizationOf(ctx)) }
  }

  #table({ ports }: Context): Table<Row> {
    const model = `${this.#type.charAt(0).toLowerCase()}${this.#type.slice(1)}`
    return ports.db.prisma[model as 'destination'] as unknown as Table<Row>
  }
}

interface Query {
  where?: object
  orderBy?: object
  select?: object | undefined
  include?: object | undefined
  take?: number
}

/** What the readers use of Prisma's model clients, whose types cannot be called as a union. */
interface Table<Row> {
  findUnique(query: Query): Promise<Row | null>
  findMany(query: Query): Promise<Row[]>
  count(query: Query): Promise<number>
}

const direct = (organizationId: string) => ({ organizationId })
const throughDestination = (organizationId: string) => ({ destination: { organizationId } })

export const organizations = new Reader<
  Organization,
  Prisma.OrganizationWhereInput,
  Prisma.OrganizationWhereUniqueInput
>('Organization', (id) => ({ id }))

export const destinations = new Reader<
  Destination,
  Prisma.DestinationWhereInput,
  Prisma.DestinationWhereUniqueInput
>('Destination', direct)

export const events = new Reader<Event, Prisma.EventWhereInput, Prisma.EventWhereUniqueInput>(
  'Event',
  direct,
)

type DeliveryReader = Reader<Delivery, Prisma.DeliveryWhereInput, Prisma.DeliveryWhereUniqueInput>

export const deliveries: DeliveryReader = new Reader('Delivery', throughDestination)

/** The same rows for lists of one event: the condition on its only event costs less than one on each destination. */
export const deliveriesOfEvents: DeliveryReader = new Reader('Delivery', (organizationId) => ({
  event: { organizationId },
}))

export const attempts = new Reader<
  DeliveryAttempt,
  Prisma.DeliveryAttemptWhereInput,
  Prisma.DeliveryAttemptWhereUniqueInput
>('DeliveryAttempt', direct)

export const apiKeys = new Reader<ApiKey, Prisma.ApiKeyWhereInput, Prisma.ApiKeyWhereUniqueInput>(
  'ApiKey',
  direct,
)

export const auditEntries = new Reader<
  AuditEntry,
  Prisma.AuditEntryWhereInput,
  Prisma.AuditEntryWhereUniqueInput
>('AuditEntry', throughDestination)

export const auditLogEntries = new Reader<
  AuditLogEntry,
  Prisma.AuditLogEntryWhereInput,
  Prisma.AuditLogEntryWhereUniqueInput
>('AuditLogEntry', direct)

/** The reader of each type that an id can name. */
export const readers = {
  Organization: organizations,
  Destination: destinations,
  Event: events,
  Delivery: deliveries,
  DeliveryAttempt: attempts,
  ApiKey: apiKeys,
  AuditEntry: auditEntries,
  AuditLogEntry: auditLogEntries,
} satisfies Record<NodeType, unknown>
