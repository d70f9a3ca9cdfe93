import type pg from 'pg'
import { cancelStatement } from './cancel.ts'
import { CANCELED, isServerCode, limited, takeClient } from './database.ts'

/** SQLSTATE of a transaction that PostgreSQL ended to resolve a deadlock, and how often its statement is tried. */
const DEADLOCK = '40P01'
const DEADLOCK_ATTEMPTS = 3

export interface RowLimits {
  /** Time limit of the statement, ms. */
  readonly within: number
  readonly access: 'READ ONLY' | 'READ WRITE'
  /** Aborted when the rows are not needed any more. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a statement on a pooled connection within the limits, again after a deadlock. A broken connection is not reused. Rejects
 * with the reason of the signal once that is aborted; the statement is cancelled then.
 */
export async function limitedRows<T>(
  pool: pg.Pool,
  limits: RowLimits,
  [sql, values]: readonly [sql: string, values: readonly unknown[]],
  attempts = DEADLOCK_ATTEMPTS,
): Promise<T[]> {
  const { within, access, signal } = limits
  signal?.throwIfAborted()
  const client = await takeClient(pool)
  try {
    const { rows } = await limited(client, within, access, () =>
      untilAborted(client, signal, () => client.query(sql, [...values])),
    )
    client.release()
    return rows
  } catch (error) {
    const { code } = error as { code?: string }
    client.release(!isServerCode(code))
    signal?.throwIfAborted()
    if (code === DEADLOCK && attempts > 1) return limitedRows(pool, limits, [sql, values], attempts - 1)
    throw error
  }
}

/** Resolves only after a request to cancel has ended, which would otherwise meet the next statement of the connection. */
async function untilAborted<T>(
  client: pg.ClientBase,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!signal) return work()
  if (signal.aborted) throw Object.assign(new Error('cancelled'), { code: CANCELED })
  let cancelled: Promise<void> | undefined
  const cancel = () => {
    cancelled = cancelStatement(client)
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await work()
  } finally {
    signal.removeEventListener('abort', cancel)
    await cancelled
  }
}
