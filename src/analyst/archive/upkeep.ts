import { setTimeout as sleep } from 'node:timers/promises'
import type { Emit } from '../../domain/events.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import { countOutdated, groupEarlier } from './case-writer.ts'
import { type Client, databaseError, openUnlimited } from './database.ts'
import { type Expired, expire } from './expiry.ts'
import { gramEarlier } from './grams.ts'
import { Partitions } from './partitions.ts'
import { countRefusedRows, placeRefused } from './refused.ts'
import { rollUp } from './rollups.ts'
import { fillSenders } from './sender-sps.ts'
import { ArchiveWriter } from './writer.ts'

export interface UpkeepOptions {
  readonly url: string
  /** How long data is kept, ms. */
  readonly retention: number
  readonly clock: BoundedClock
  /** Adds PostgreSQL's time to the clock. */
  readonly readClock: (client: Client) => Promise<void>
  /** Whether the host and PostgreSQL agree on the time. */
  readonly agreed: () => boolean
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Interval between readings of PostgreSQL's clock, ms. */
const READ_EVERY = 10_000
/** Number of readings between maintenance runs: hourly, or every minute while something is waiting. */
const WORK_EVERY = 360
const RETRY_EVERY = 6
/** Time limit for computing sums in one go, ms. */
const ROLL_UP_WITHIN = 20_000
const ROLL_UP_PAUSE = 500

/**
 * Maintains the archive until stopped, on its own connection so that the intake never waits: creates partitions in
 * advance, drops expired ones, places rows that were set aside, and updates the sums of cases and those by minute
 * and hour. Work prevented by a lock or an outage is retried.
 */
export async function keepUp({ url, emit, signal, ...options }: UpkeepOptions): Promise<void> {
  let client: Client | undefined
  let worksIn = 0
  while (!signal.aborted) {
    let isBehind = false
    try {
      client ??= await openUnlimited(url, 'sigwatch archive upkeep')
      await options.readClock(client)
      if (worksIn-- <= 0) worksIn = (await work(client, options, emit)) ? RETRY_EVERY : WORK_EVERY
      await countOutdated(client)
      isBehind = await rollUp(client, ROLL_UP_WITHIN)
    } catch (cause) {
      await client?.end().catch(() => undefined)
      client = undefined
      worksIn = 0
      const error = databaseError(cause)
      if (error.code !== 'ARCHIVE_UNREACHABLE')
        emit({
          name: 'warning',
          message: `the partitions of the archive are not maintained: ${error.message}`,
        })
    }
    await sleep(isBehind ? ROLL_UP_PAUSE : READ_EVERY, undefined, { signal }).catch(() => undefined)
  }
  await client?.end().catch(() => undefined)
}

/** Returns whether something has to wait for the next run. */
async function work(
  client: Client,
  options: Pick<UpkeepOptions, 'retention' | 'clock' | 'agreed'>,
  emit: Emit,
): Promise<boolean> {
  const { retention, clock } = options
  const partitions = new Partitions(retention)
  const unmade = await partitions.prepare(client, clock)
  if (unmade.length > 0) emit({ name: 'archive_ddl_deferred', what: 'make', count: unmade.length })
  const expired = await expire(client, { clock, retention, agreed: options.agreed() })
  if (expired) reportExpired(expired, emit)
  await groupEarlier(client)
  await gramEarlier(client)
  await fillSenders(client)
  const placed = await placeRefused(client, new ArchiveWriter(client), partitions, clock)
  if (placed > 0) emit({ name: 'archive_placed', rows: placed })
  const waiting = await countRefusedRows(client)
  emit({ name: 'archive_refused_rows', rows: waiting })
  return unmade.length > 0 || waiting > 0
}

/** Reports what was dropped and what was not. */
export function reportExpired({ days, partitions, rows, held, deferred }: Expired, emit: Emit): void {
  if (partitions + rows > 0)
    emit({
      name: 'archive_expired',
      days: days.length,
      oldest: days[0] ?? '',
      newest: days.at(-1) ?? '',
      partitions,
      rows,
    })
  emit({ name: 'archive_expiry_held', days: held.length, oldest: held[0] ?? '' })
  if (deferred.length > 0) emit({ name: 'archive_ddl_deferred', what: 'drop', count: deferred.length })
}
