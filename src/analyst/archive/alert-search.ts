import { DAY } from '../../domain/time.ts'
import type { Ask } from './ask.ts'
import { COLUMNS, type FoundAlert } from './case.ts'
import { IS_MOBILE, withoutSender } from './mobiles.ts'
import { type AlertSearch, BRAND, SendersOf, type Sort, TEXT } from './search-conditions.ts'

/** An alert that meets a search, with what its facets count. */
export type SampledAlert = FoundAlert & {
  readonly label: string | null
  readonly domains: readonly string[]
  readonly brand: string | null
}

/** A search result; `text` is masked. */
export type SearchedAlert = SampledAlert & { readonly text: string | null }

const SAMPLED = `${COLUMNS}, label, domains, ${BRAND} AS brand`

/** Mobiles that sent between `$1` and `$2`, with their names in alerts. The range of ports can use an index. */
const MOBILES = `SELECT DISTINCT port AS number, port AS name FROM alert
    WHERE ts >= $1 AND ts < $2 AND port >= '13' AND port < '2' AND port ${IS_MOBILE}
  UNION SELECT right(target_id, 11), target_id FROM state_episode WHERE raised_at < $2 AND last_at >= $1
    AND (target_kind = 'port' AND target_id ${IS_MOBILE} OR target_kind = 'sender' AND right(target_id, 12) ~ '^@1[3-9][0-9]{9}$')`

/** The search with the senders that its token placeholders stand for. `tokensOf` returns the tokens of a number under all keys. */
export async function withSenders(
  ask: Ask,
  search: AlertSearch,
  { from, to }: Period,
  tokensOf: (number: string) => readonly string[],
): Promise<AlertSearch> {
  if (!search.values.some((value) => value instanceof SendersOf)) return search
  const sent = await ask<{ number: string; name: string }>(MOBILES, [new Date(from), new Date(to)])
  const all = sent.map(({ number, name }) => [name, tokensOf(number)] as const)
  const values = search.values.map((value) =>
    value instanceof SendersOf
      ? all.flatMap(([name, own]) => (own.some((token) => value.tokens.includes(token)) ? [name] : []))
      : value,
  )
  return { ...search, values }
}

/** The last line of a page, after which the next one starts. */
export interface After {
  readonly key: string
  readonly id: string
}

const KEYS = {
  newest: ['ts', '<', 'DESC'],
  oldest: ['ts', '>', 'ASC'],
  score: ['score', '<', 'DESC'],
} as const

/** Number of alerts next in the order in which a narrow search looks first. */
const LOOKED_AT = 5000

/** Epoch ms; `to` is exclusive. */
interface Period {
  readonly from: number
  readonly to: number
}

/** The days of a period in the order of a search: one, then thirty times as many as before. */
function* spansOf({ from, to }: Period, sort: Sort): Generator<readonly [from: number, to: number]> {
  if (sort === 'score') return yield [from, to]
  for (let [start, end, span] = [from, to, DAY]; start < end; span *= 30) {
    const split = sort === 'newest' ? Math.max(start, end - span) : Math.min(end, start + span)
    yield sort === 'newest' ? [split, end] : [start, split]
    if (sort === 'newest') end = split
    else start = split
  }
}

/**
 * The alerts of a search in a period, at most `most`, after a given line. PostgreSQL cannot tell whether few or many alerts meet a
 * narrow search: where those next in the order do not fill the page, OFFSET 0 makes it find the others by their indexes instead of
 * reading all in order.
 */
export async function searchAlerts(
  ask: Ask,
  { conditions, values, sort, isNarrow }: AlertSearch,
  { from, to, most, after }: Period & { readonly most: number; readonly after?: After | undefined },
): Promise<SearchedAlert[]> {
  const [key, side, order] = KEYS[sort]
  const n = values.length + 2
  const type = key === 'ts' ? 'timestamptz' : 'float8'
  const page = after ? ` AND (${key}, id) ${side} ($${n + 1}::${type}, $${n + 2}::text)` : ''
  const period = [new Date(from), new Date(to)] as const
  const rest = [...values, ...(after ? [after.key, after.id] : [])]
  const next = `ts >= $1 AND ts < $2${page}`
  const sorted = `ORDER BY ${key} ${order}, id ${order}`
  const met = conditions.length === 0 ? 'true' : conditions.join(' AND ')
  const foundIn = async (alerts: string, condition: string, times: readonly Date[] = period) => {
    const sql = `SELECT ${SAMPLED}, ${TEXT} AS text FROM ${alerts} a WHERE ${condition} ${sorted} LIMIT ${most}`
    return (await ask<SearchedAlert>(sql, [...times, ...rest])).map(withoutSender)
  }
  if (!isNarrow) return foundIn('alert', `${next} AND ${met}`)
  const spans = [...spansOf({ from, to }, sort)].map((span) => span.map((ts) => new Date(ts)))
  if (sort !== 'score') {
    // Of the first day alone, so that the notes of all days are read at most once.
    const looked = `(SELECT * FROM alert WHERE ${next} ${sorted} LIMIT ${LOOKED_AT})`
    const found = await foundIn(looked, met, spans[0])
    if (found.length === most) return found
  }
  const found: SearchedAlert[] = []
  for (const times of spans) {
    found.push(...(await foundIn(`(SELECT * FROM alert a WHERE ${next} AND ${met} OFFSET 0)`, 'true', times)))
    if (found.length >= most) break
  }
  return found.slice(0, most)
}

/** Alerts of a sample, and the newest alerts of the period among which they are looked for. */
const SAMPLE = 1000
const SAMPLED_AMONG = 10_000

/** Some of the newest alerts of a search in a period; none if the newest of the period do not meet it. */
export async function sampleAlerts(
  ask: Ask,
  { conditions, values }: AlertSearch,
  { from, to }: Period,
): Promise<SampledAlert[]> {
  const sampled = await ask<SampledAlert>(
    `SELECT ${SAMPLED} FROM (SELECT * FROM alert WHERE ts >= $1 AND ts < $2 ORDER BY ts DESC LIMIT ${SAMPLED_AMONG}) a
      WHERE ${['true', ...conditions].join(' AND ')} ORDER BY ts DESC LIMIT ${SAMPLE}`,
    [new Date(from), new Date(to), ...values],
  )
  return sampled.map(withoutSender)
}

/** The position of a line, to continue after it. */
export function afterOf({ sort }: AlertSearch, line: SearchedAlert): After {
  return { key: sort === 'score' ? String(line.score) : line.ts.toISOString(), id: line.id }
}

export async function storeSearch(change: Ask, id: string, query: string, by: string): Promise<void> {
  await change('INSERT INTO stored_search (id, query, by) VALUES ($1, $2, $3)', [id, query, by])
}

export async function storedSearch(
  ask: Ask,
  id: string,
): Promise<{ readonly query: string; readonly at: Date } | undefined> {
  const [found] = await ask<{ query: string; at: Date }>(
    'SELECT query, at FROM stored_search WHERE id = $1',
    [id],
  )
  return found
}
