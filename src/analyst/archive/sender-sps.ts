import type { Client } from './database.ts'
import { dayOfPartition, isoDay } from './days.ts'
import { attachedPartitions } from './partitions.ts'

/** Fills in the enterprises of senders on earlier days, one day per statement. Resolves with the number of days. */
export async function fillSenders(client: Client): Promise<number> {
  const { rows } = await client.query<{ day: string }>('SELECT day::text FROM sender_sp_day')
  const done = new Set(rows.map(({ day }) => day))
  const all = (await attachedPartitions(client)).filter((name) => name.startsWith('sender_minute_'))
  const left = all.filter((name) => !done.has(isoDay(dayOfPartition(name))))
  for (const name of left) {
    await client.query(
      `INSERT INTO sender_sp SELECT DISTINCT sp, signature, port FROM ${name} WHERE sp IS NOT NULL ON CONFLICT DO NOTHING`,
    )
    await client.query('INSERT INTO sender_sp_day VALUES ($1) ON CONFLICT DO NOTHING', [
      isoDay(dayOfPartition(name)),
    ])
  }
  return left.length
}
