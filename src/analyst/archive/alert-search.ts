import { parseDuration } from '../../settings/files/value-forms.ts'
import type { Ask } from './ask.ts'
import { COLUMNS, type FoundAlert } from './case.ts'
import { gramsOf } from './grams.ts'
import { withoutSender } from './mobiles.ts'

/** A line of what is found; `text` is masked. */
export type SearchedAlert = FoundAlert & { readonly text: string | null; readonly brand: string | null }

/** What a search asks: conditions over `alert a`, with their values from `$3` on. */
export interface AlertSearch {
  readonly conditions: readonly string[]
  readonly values: readonly unknown[]
  readonly sort: Sort
  /** How far back it looks, ms. */
  readonly last: number
}

/** What is wrong with a search: the word that was not understood. */
export interface SearchFault {
  readonly fault: string
}

export const SORTS = ['newest', 'oldest', 'score'] as const
export type Sort = (typeof SORTS)[number]

const TEXT = "coalesce(event #>> '{data,message,text}', event #>> '{data,samples,0,text}', '')"
const BRAND = "jsonb_path_query_first(event, '$.data.reasons[*].evidence.brand') #>> '{}'"
const SAID = '(f.message_id = a.message_id OR f.state_id = a.state_id)'
/** Alerts that feedback with the note `?` is about. */
const OF_NOTE = ['message_id', 'state_id']
  .map(
    (id) =>
      `${id} = ANY (ARRAY(SELECT ${id} FROM feedback WHERE strpos(lower(note), lower(?)) > 0 AND ${id} IS NOT NULL))`,
  )
  .join(' OR ')
const SENT_BY = '(signature, port) IN (SELECT s.signature, s.port FROM sender_sp s WHERE s.sp'
/** The same for the value `?`, so that an index finds it next to others. */
const SENT_FOR = `(signature = ANY (ARRAY(SELECT s.signature FROM sender_sp s WHERE s.sp = ?)) AND ${SENT_BY} = ?))`

/** The condition of each field for the value `?`; an asterisk stands for anything where the value is a pattern. */
const FIELDS: Readonly<Record<string, { readonly is: string; readonly like?: string }>> = {
  message: { is: '(message_id = ? OR id = ?)' },
  /** Several, with bars between them: one number has a token under each key. */
  token: { is: "to_token = ANY (string_to_array(?, '|'))" },
  signature: { is: 'signature = ?', like: 'signature LIKE ?' },
  port: { is: "(port = ? OR (target_kind = 'port' AND target_id = ?))", like: 'port LIKE ?' },
  domain: { is: 'domains @> ARRAY[?::text]', like: 'EXISTS (SELECT FROM unnest(domains) d WHERE d LIKE ?)' },
  code: { is: 'codes @> ARRAY[?::text]', like: 'EXISTS (SELECT FROM unnest(codes) c WHERE c LIKE ?)' },
  campaign: { is: 'campaign = ?' },
  brand: { is: `${BRAND} = ?`, like: `${BRAND} LIKE ?` },
  sp: { is: `${SENT_BY} = ?)`, like: `${SENT_BY} LIKE ?)` },
  action: { is: 'action = ?' },
  severity: { is: 'severity = ?' },
  mode: { is: 'mode = ?' },
  label: { is: 'label = ?' },
  type: { is: 'type = ?' },
  target: { is: 'target_kind = ?' },
  by: { is: `EXISTS (SELECT FROM feedback f WHERE ${SAID} AND f.by = ?)` },
  note: { is: `(${OF_NOTE})` },
}
export const QUERY_FIELDS = [...Object.keys(FIELDS), 'last', 'sort']

/** `?`, of one width, stands in the text, the signature, a domain or the brand. */
const SHOWN = [TEXT, "coalesce(signature, '')", "array_to_string(domains, ' ')", `coalesce(${BRAND}, '')`]
  .map((field) => `strpos(lower(normalize(${field}, NFKC)), lower(?)) > 0`)
  .join(' OR ')

/** A word stands in what is shown, is the sender's enterprise, or stands in a note. The index leaves few alerts to be read. */
function wordCondition(word: string): string {
  const grams = gramsCondition([word])
  const shown =
    grams === undefined ? `(${SHOWN})` : `(${grams[0]} AND (${SHOWN})) OR (${grams[1]} AND (${SHOWN}))`
  return `(${shown} OR ${SENT_FOR} OR ${OF_NOTE})`
}

/** Conditions by the index, of alerts that are in it and that are not yet; undefined: the texts are too short for it. */
function gramsCondition(texts: readonly string[]): readonly [string, string] | undefined {
  const grams = gramsOf(texts)
  return grams.length === 0 ? undefined : [`grams @> '{${grams.join()}}'::integer[]`, 'grams IS NULL']
}

/** Fields whose values are in the index. */
const INDEXED = new Set(['signature', 'domain', 'brand'])

const DAY = 86_400_000
export const LONGEST_LAST = 180 * DAY
const MOST_WORDS = 20

/** Reads a search: words, and `field:value` with quotes around what has spaces; all of them must hold. */
export function readSearch(query: string): AlertSearch | SearchFault {
  const words = query.match(/(?:[a-z]+:)?(?:"[^"]*"|[^\s"]+)/g) ?? []
  if (words.length > MOST_WORDS) return { fault: words[MOST_WORDS]! }
  const conditions: string[] = []
  const values: unknown[] = []
  let sort: Sort = 'newest'
  let last = DAY
  const add = (condition: string, value: string) => {
    values.push(value)
    conditions.push(
      condition.replaceAll('?', `$${values.length + 2}::text`).replaceAll('::text::text', '::text'),
    )
  }
  for (const word of words) {
    const [, name = '', rest = ''] = /^([a-z]+):([\s\S]*)$/.exec(word) ?? []
    const value = (name === '' ? word : rest).replaceAll('"', '')
    if (value === '') return { fault: word }
    if (name === '') add(wordCondition(value), value.normalize('NFKC'))
    else if (name === 'last') {
      last = parseDuration(value) ?? 0
      if (!(last > 0 && last <= LONGEST_LAST)) return { fault: word }
    } else if (name === 'sort') {
      const known = SORTS.find((one) => one === value)
      if (!known) return { fault: word }
      sort = known
    } else {
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
      if (!field) return { fault: word }
      const isPattern = value.includes('*')
      if (isPattern && !field.like) return { fault: word }
      const grams = INDEXED.has(name) ? gramsCondition(value.replace(/[【】]/g, '').split('*')) : undefined
      if (grams) conditions.push(`(${grams.join(' OR ')})`)
      if (isPattern) add(field.like!, value.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%'))
      else add(field.is, name === 'signature' ? value.replace(/^【|】$/g, '') : value)
    }
  }
  return { conditions, values, sort, last }
}

/** Where a page begins: after the line with this key and id. */
export interface After {
  readonly key: string
  readonly id: string
}

const KEYS = {
  newest: ['ts', '<', 'DESC'],
  oldest: ['ts', '>', 'ASC'],
  score: ['score', '<', 'DESC'],
} as const

/** The alerts of a search from `from` to `to` (epoch ms), at most `most` after a line. */
export async function searchAlerts(
  ask: Ask,
  { conditions, values, sort }: AlertSearch,
  {
    from,
    to,
    most,
    after,
  }: {
    readonly from: number
    readonly to: number
    readonly most: number
    readonly after?: After | undefined
  },
): Promise<SearchedAlert[]> {
  const [key, side, order] = KEYS[sort]
  const n = values.length + 2
  const type = key === 'ts' ? 'timestamptz' : 'float8'
  const page = after ? ` AND (${key}, id) ${side} ($${n + 1}::${type}, $${n + 2}::text)` : ''
  const where = ['ts >= $1 AND ts < $2', ...conditions].join(' AND ')
  const found = await ask<SearchedAlert>(
    `SELECT ${COLUMNS}, ${TEXT} AS text, ${BRAND} AS brand FROM alert a WHERE ${where}${page}
      ORDER BY ${key} ${order}, id ${order} LIMIT ${most}`,
    [new Date(from), new Date(to), ...values, ...(after ? [after.key, after.id] : [])],
  )
  return found.map(withoutSender)
}

/** The key of the line after which the next page begins. */
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
