import { setTimeout as sleep } from 'node:timers/promises'
import type { Emit } from '../../domain/events.ts'
import { type Client, openClient } from './database.ts'

/** Id of the advisory lock (random): only one process migrates at a time. */
export const MIGRATION_LOCK = 7_446_284_926

/** How long a migration runs before it is looked at, and how often, ms. A wait for one session is reported once a minute. */
const FIRST_LOOK = 2_000
const LOOK_EVERY = 1_000
const REPORT_EVERY = 60_000
/** Interval at which the running statement is cancelled once the process is stopped, ms. */
const CANCEL_EVERY = 200

/** What the session of $1 waits for: the holders of its locks, or of the migration lock ($2). */
const HOLDERS = `SELECT a.pid, a.application_name AS session, host(a.client_addr) AS address, a.xact_start, a.backend_start
  FROM pg_stat_activity a
  WHERE a.pid <> $1 AND (a.pid = ANY (pg_blocking_pids($1)) OR EXISTS (SELECT FROM pg_locks l
    WHERE l.pid = a.pid AND l.granted AND l.locktype = 'advisory' AND l.objsubid = 1
      AND (l.classid::bigint << 32) | l.objid::bigint = $2
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())))
  ORDER BY a.xact_start LIMIT 1`

interface Holder {
  readonly pid: number
  /** Null for sessions of other users. */
  readonly session: string | null
  readonly address: string | null
  readonly xact_start: Date | null
  readonly backend_start: Date | null
}

/**
 * Runs the migration on `client` and watches it on a second connection: reports the session that it waits for
 * (`archive_migration_waits`), and cancels its statement when `signal` is aborted. Rejects as the work does.
 */
export async function attended<T>(
  client: Client,
  { url, emit, signal }: { readonly url: string; readonly emit: Emit; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const done = new AbortController()
  const watching = watch({ pid: rows[0]!.pid, url, emit, signal, done: done.signal })
  try {
    return await work()
  } finally {
    done.abort()
    await watching
  }
}

interface Watched {
  readonly pid: number
  readonly url: string
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly done: AbortSignal
}

async function watch({ pid, url, emit, signal, done }: Watched): Promise<void> {
  let client: Client | undefined
  let reported = { pid: 0, at: 0 }
  let pause = FIRST_LOOK
  for (;;) {
    const ending = signal.aborted ? done : AbortSignal.any([done, signal])
    await sleep(pause, undefined, { signal: ending }).catch(() => undefined)
    if (done.aborted) break
    try {
      client ??= await openClient(url, 'sigwatch archive migration')
      if (signal.aborted) await client.query('SELECT pg_cancel_backend($1)', [pid])
      else {
        const { rows } = await client.query<Holder>(HOLDERS, [pid, MIGRATION_LOCK])
        const [holder, now] = [rows[0], performance.now()]
        if (holder && (holder.pid !== reported.pid || now - reported.at >= REPORT_EVERY)) {
          emit(waitFor(holder))
          reported = { pid: holder.pid, at: now }
        }
      }
    } catch {
      // The migration itself meets the same outage and reports it.
      await client?.end().catch(() => undefined)
      client = undefined
    }
    pause = signal.aborted ? CANCEL_EVERY : LOOK_EVERY
  }
  await client?.end().catch(() => undefined)
}

function waitFor({ pid, session, address, xact_start: begun, backend_start: connected }: Holder) {
  const since = (begun ?? connected)?.toISOString() ?? ''
  return {
    name: 'archive_migration_waits',
    pid,
    session: session ?? '',
    address: address ?? '',
    since,
  } as const
}
