const CHUNK = 500

export interface PlainRow {
  /** 96 bits of the SHA-256 of the pair. */
  readonly field: string
  readonly value: string
}

export interface RowWriters {
  consents(rows: readonly PlainRow[]): Promise<unknown>
  sent(rows: readonly PlainRow[], month: number): Promise<unknown>
  asked(rows: readonly PlainRow[], month: number): Promise<unknown>
}

/** The Redis operations used: scanning keys by a pattern, and commands. */
interface Keyspace {
  scan(pattern: string): AsyncIterable<readonly string[]>
  command(name: string, ...args: string[]): Promise<unknown>
}

/**
 * Moves the rows of a ledger written before pairs were keyed, when fields were hashes that anyone can compute. A hash
 * is deleted only after its rows have been written to their new places. Returns the number of rows moved.
 */
export async function movePlainRows(link: Keyspace, prefix: string, writers: RowWriters): Promise<number> {
  let moved = 0
  for (const kind of ['consent', 'sent', 'asked'] as const) {
    for await (const keys of link.scan(`{${prefix}:ledger:*}:${kind}:*`)) {
      for (const key of keys) {
        const flat = (await link.command('HGETALL', key)) as string[]
        const rows: PlainRow[] = []
        for (let i = 0; i < flat.length; i += 2) rows.push({ field: flat[i]!, value: flat[i + 1]! })
        for (let i = 0; i < rows.length; i += CHUNK) await move(key, kind, rows.slice(i, i + CHUNK), writers)
        await link.command('DEL', key)
        moved += rows.length
      }
    }
  }
  return moved
}

function move(
  key: string,
  kind: 'consent' | 'sent' | 'asked',
  rows: PlainRow[],
  writers: RowWriters,
): Promise<unknown> {
  if (kind === 'consent') return writers.consents(rows)
  const month = Number(key.slice(key.indexOf('}')).split(':')[2])
  return kind === 'sent' ? writers.sent(rows, month) : writers.asked(rows, month)
}
