/** Runs a statement with values and returns its rows. Rejects with ARCHIVE_UNREACHABLE, ARCHIVE_TOO_SLOW or ARCHIVE_REFUSED. */
export type Ask = <T extends object>(sql: string, values: readonly unknown[]) => Promise<T[]>

/** The same, until the signal is aborted: it rejects with its reason then. */
export type AskUntil = <T extends object>(
  sql: string,
  values: readonly unknown[],
  signal?: AbortSignal,
) => Promise<T[]>

/** The same with at most `most` statements at once; others wait for these. */
export function fewAtOnce(ask: Ask, most: number): Ask {
  const waiting: (() => void)[] = []
  let running = 0
  return async (sql, values) => {
    if (running < most) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await ask(sql, values)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
