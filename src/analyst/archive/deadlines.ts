import { setTimeout as sleep } from 'node:timers/promises'
import type { Emit } from '../../domain/events.ts'
import { type Client, inTransaction, withClient } from './database.ts'

/** A deadline of an unanswered complaint. Times are epoch ms. */
export interface OpenDeadline {
  /** Id of the complaint. */
  readonly id: string
  readonly name: string
  /** Length in working days. */
  readonly days: number
  /** From when on at most two working days are left. */
  readonly dueAt: number
  readonly endsAt: number
}

/** Replaces the stored deadlines. */
export async function storeDeadlines(client: Client, all: readonly OpenDeadline[]): Promise<void> {
  const rows = all.map(({ dueAt, endsAt, ...row }) => ({
    ...row,
    due_at: new Date(dueAt),
    ends_at: new Date(endsAt),
    computed_at: new Date(),
  }))
  await inTransaction(client, async () => {
    await client.query('DELETE FROM complaint_deadline')
    await client.query(
      'INSERT INTO complaint_deadline SELECT * FROM jsonb_populate_recordset(NULL::complaint_deadline, $1) ON CONFLICT DO NOTHING',
      [JSON.stringify(rows)],
    )
  })
}

/** Number of deadlines by status, and when they were computed, epoch ms; 0 for never. */
interface Standings {
  readonly due: number
  readonly overdue: number
  readonly unknown: number
  readonly computedAt: number
}

const COUNT = `SELECT count(*) FILTER (WHERE now() >= d.due_at AND now() < d.ends_at)::int AS due,
    count(*) FILTER (WHERE now() >= d.ends_at)::int AS overdue, count(*) FILTER (WHERE d.id IS NULL)::int AS unknown,
    coalesce((SELECT extract(epoch FROM max(computed_at)) * 1000 FROM complaint_deadline), 0)::float8 AS "computedAt"
  FROM complaint c LEFT JOIN complaint_case k USING (id) LEFT JOIN complaint_deadline d USING (id) WHERE k.answered_at IS NULL`

const EVERY = 300_000

/** Reports the status of deadlines immediately and then every five minutes, until stopped. Outages are left to the intake. */
export async function watchDeadlines(url: string, emit: Emit, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const count = (client: Client) => client.query<Standings>(COUNT)
      const { rows } = await withClient(url, 'sigwatch archive', count)
      emit({ name: 'complaint_deadlines', ...rows[0]! })
    } catch {
      // The intake reports that the database does not answer.
    }
    await sleep(EVERY, undefined, { signal }).catch(() => undefined)
  }
}
