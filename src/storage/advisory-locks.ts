/** The keys of the advisory locks that the service takes in its database. Each is held by one process at a time. */
export const ADVISORY_LOCKS = {
  migrations: 4_018_022,
  purge: 4_018_023,
  restoredRows: 4_018_024,
  idCollation: 4_018_025,
} as const
