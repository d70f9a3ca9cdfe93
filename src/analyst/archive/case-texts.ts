import type { Ask } from './ask.ts'

/** The text of an alert. */
const TEXT =
  "coalesce(event #>> '{data,message,text}', event #>> '{data,samples,0,text}', event #>> '{data,reasons,0,detail}')"

/** An alert whose text is shown; its time as PostgreSQL writes it, in microseconds. */
export interface Example {
  readonly example_id: string | null
  readonly example_ts: string | null
}

const keyOf = ({ example_id: id, example_ts: ts }: Example) => `${ts} ${id}`

/** Adds the texts of alerts, or null. The times are values of the statement, so that PostgreSQL plans for their days alone. */
export async function withTexts<T extends Example>(
  ask: Ask,
  lines: readonly T[],
): Promise<(Omit<T, keyof Example> & { readonly text: string | null })[]> {
  const named = lines.filter(({ example_ts }) => example_ts !== null)
  const found =
    named.length === 0
      ? []
      : await ask<Example & { readonly text: string | null }>(
          `SELECT id AS example_id, ts::text AS example_ts, ${TEXT} AS text FROM alert
            WHERE id = ANY ($1::text[]) AND ts = ANY ($2::timestamptz[])`,
          [named.map(({ example_id }) => example_id), named.map(({ example_ts }) => example_ts)],
        )
  const texts = new Map(found.map((one) => [keyOf(one), one.text]))
  return lines.map((line) => {
    const { example_id: _, example_ts: __, ...rest } = line
    return { ...rest, text: texts.get(keyOf(line)) ?? null }
  })
}
