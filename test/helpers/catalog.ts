import type pg from 'pg'

/**
 * What a database's tables are, one line a fact: columns, constraints, indexes and enums of the schema `public`. Without
 * Prisma's own table and without what its schema cannot say: triggers, functions and storage settings.
 */
export async function readCatalog(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ fact: string }>(CATALOG)
  return rows.map(({ fact }) => fact)
}

const CATALOG = `
  with own as (
    select oid, relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
      and relname <> 'bigmind_migration'
  )
  select relname || ' is there' as fact from own
  union all
  select format('%s.%s %s%s%s%s', relname, attname, format_type(atttypid, atttypmod),
    case when attnotnull then ' not null' end,
    ' default ' || pg_get_expr(adbin, adrelid),
    ' collate ' || nullif(attcollation, 0)::regcollation)
  from own join pg_attribute on attrelid = own.oid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attnum > 0 and not attisdropped
  union all
  select format('%s constraint %s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
  from own join pg_constraint on conrelid = own.oid
  union all
  select pg_get_indexdef(indexrelid) from own join pg_index on indrelid = own.oid
  union all
  select format('enum %s %s', typname, string_agg(enumlabel, ', ' order by enumsortorder))
  from pg_type join pg_enum on enumtypid = pg_type.oid
  where typnamespace = 'public'::regnamespace group by typname
  order by fact`
