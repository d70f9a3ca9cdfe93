/** Why the archive did not store a record: wrong form, refused by PostgreSQL, time ahead of the clock, or no partition for its day yet. */
export const REFUSALS = ['unfit', 'database', 'ahead', 'day'] as const
export type Refusal = (typeof REFUSALS)[number]

/** Events of `sigwatch archive`. */
export type ArchiveEvent =
  /** `archive` begins to create or migrate its tables; `next`: the first of the steps. */
  | { readonly name: 'archive_migrating'; readonly steps: number; readonly next: string }
  /** 0 steps: another process had migrated them meanwhile. */
  | { readonly name: 'archive_migrated'; readonly steps: number; readonly seconds: number }
  /** The migration waits for another session of PostgreSQL; `session`: its application name; `since`: RFC 3339. */
  | {
      readonly name: 'archive_migration_waits'
      readonly pid: number
      readonly session: string
      readonly address: string
      readonly since: string
    }
  /** `archive` wrote rows; `left`: records skipped by sampling; `past` of them are past the retention; `erased`: rows left out as those of erased persons. */
  | {
      readonly name: 'archived'
      readonly rows: number
      readonly left: number
      readonly past: number
      readonly erased: number
      readonly seconds: number
    }
  /** Records that are not valid rows or could not be stored; `reason`: of the first one. */
  | {
      readonly name: 'archive_refused'
      readonly count: number
      readonly kinds: Readonly<Partial<Record<Refusal, number>>>
      readonly reason: string
    }
  | { readonly name: 'archive_refused_rows'; readonly rows: number }
  /** Rows refused earlier have been stored. */
  | { readonly name: 'archive_placed'; readonly rows: number }
  /** Days (`2026-11-26`) that are past the retention were dropped, and other rows deleted. */
  | {
      readonly name: 'archive_expired'
      readonly days: number
      readonly oldest: string
      readonly newest: string
      readonly partitions: number
      readonly rows: number
    }
  /** Days past the retention by an unconfirmed clock were kept; 0: none are due. */
  | { readonly name: 'archive_expiry_held'; readonly days: number; readonly oldest: string }
  /** Creating or dropping days is deferred because another session works on the table. */
  | { readonly name: 'archive_ddl_deferred'; readonly what: 'make' | 'drop'; readonly count: number }
