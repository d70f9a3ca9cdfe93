import { openClient } from '../../src/archive/database.ts'
import { migrate } from '../../src/archive/migrate.ts'
import { openOffsets } from '../../src/archive/offsets.ts'
import { Partitions } from '../../src/archive/partitions.ts'
import { type ArchiveInput, type RowOptions, rowOf } from '../../src/archive/rows.ts'
import { ArchiveWriter } from '../../src/archive/writer.ts'

const DAY = 86_400_000

/** Makes the tables of an empty database and writes records as `sigwatch archive` does. */
export async function seedArchive(
  url: string,
  records: readonly (readonly [input: ArchiveInput, value: object])[],
  { sample = 1, tokenise = (to) => `1.${to}` }: Partial<RowOptions> = {},
): Promise<void> {
  const client = await openClient(url, 'seed')
  try {
    await migrate(client)
    const place = { topic: 'seed', partition: 0 }
    await openOffsets(client, [{ ...place, startOffset: 0, endOffset: records.length }])
    const rows = records.flatMap(([input, value], offset) => {
      const row = rowOf(input, Buffer.from(JSON.stringify(value)), { sample, tokenise })
      return row ? [{ ...row, offset }] : []
    })
    const writer = new ArchiveWriter(client, new Partitions(180 * DAY))
    await writer.write([{ ...place, from: 0, to: records.length, rows, refused: [] }])
  } finally {
    await client.end()
  }
}
