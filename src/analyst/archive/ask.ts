/** Runs a statement with values and returns its rows. Rejects with ARCHIVE_UNREACHABLE, ARCHIVE_TOO_SLOW or ARCHIVE_REFUSED. */
export type Ask = <T extends object>(sql: string, values: readonly unknown[]) => Promise<T[]>
