import pg from 'pg'

/** Every row of every table of a database as text, with the table's name before it; pg-boss's tables included. */
export async function readRowsAsText(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'
      order by 1`,
    )
    const texts: string[] = []
    for (const { name } of tables) {
      const query = `select one::text as text from ${name} as one`
      const { rows } = await client.query<{ text: string }>(query)
      texts.push(...rows.map(({ text }) => `${name} ${text}`))
    }
    return texts
  } finally {
    await client.end()
  }
}
