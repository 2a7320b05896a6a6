/** The SQL type of each column of a row set, and the value that a row has in it. */
type Columns<Row> = Record<string, readonly [type: string, valueOf: (row: Row) => unknown]>

/** Rows that a statement receives as parameters: one array for each column. */
export interface RowSet<Row> {
  /** An item of a `from` clause: a call of `unnest` with one parameter for each column, and the names of the columns. */
  readonly sql: string
  /** Returns the parameters of `sql`: for each column the values of all rows. */
  values(rows: readonly Row[]): unknown[][]
}

/**
 * Defines a row set. Define it once for each statement, outside functions, so that the text of the statement is constant
 * and each connection prepares it once.
 * @param name the alias of the rows in the statement
 * @param columns in the order of the parameters
 * @param firstParameter the number of the first parameter. Default: 1
 */
export function defineRowSet<Row>(
  name: string,
  columns: Columns<Row>,
  firstParameter = 1,
): RowSet<Row> {
  const definitions = Object.values(columns)
  const parameters = definitions.map(([type], index) => `$${firstParameter + index}::${type}[]`)
  return {
    sql: `unnest(${parameters.join(', ')}) as ${name} (${Object.keys(columns).join(', ')})`,
    values: (rows) => definitions.map(([, read]) => rows.map(read)),
  }
}
