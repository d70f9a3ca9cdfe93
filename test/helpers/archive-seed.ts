import { openClient } from '../../src/analyst/archive/database.ts'
import { migrate } from '../../src/analyst/archive/migrate.ts'
import { openOffsets } from '../../src/analyst/archive/offsets.ts'
import { Partitions } from '../../src/analyst/archive/partitions.ts'
import { rollUp } from '../../src/analyst/archive/rollups.ts'
import {
  type ArchiveInput,
  type RecordPlace,
  type RowOptions,
  rowOf,
} from '../../src/analyst/archive/rows.ts'
import { ArchiveWriter } from '../../src/analyst/archive/writer.ts'

export type SeedRecord = readonly [input: ArchiveInput, value: object | null, place?: RecordPlace]

const DAY = 86_400_000

/** Creates the tables in an empty database and archives records as from new topics; registry rows with their place. */
export async function seedArchive(
  url: string,
  records: readonly SeedRecord[],
  {
    sample = 1,
    tokenise = (to) => `1.${to}`,
    topic = 'seed',
  }: Partial<Pick<RowOptions, 'sample' | 'tokenise'>> & { readonly topic?: string } = {},
): Promise<void> {
  const client = await openClient(url, 'seed')
  try {
    await migrate(client)
    const place = { topic, partition: 0 }
    await openOffsets(client, [{ ...place, startOffset: 0, endOffset: records.length }])
    const rows = records.flatMap(([input, value, place = { key: null, at: 0 }], offset) => {
      const bytes = Buffer.from(value === null ? '' : JSON.stringify(value))
      const row = rowOf(input, bytes, { sample, tokenise }, place)
      return row ? [{ ...row, offset }] : []
    })
    const dated = rows.flatMap((row) => (row.ts === undefined ? [] : [row]))
    await new Partitions(180 * DAY).ensure(client, dated)
    await new ArchiveWriter(client).write([{ ...place, from: 0, to: records.length, rows, refused: [] }])
    await rollUp(client, 60_000, false)
  } finally {
    await client.end()
  }
}
