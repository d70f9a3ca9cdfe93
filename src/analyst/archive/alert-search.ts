import { TARGET_KINDS } from '../../domain/codes.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { LABELS } from '../../domain/labels.ts'
import { parseDuration } from '../../settings/files/value-forms.ts'
import { hostOf } from './alert-hosts.ts'
import type { Ask } from './ask.ts'
import { COLUMNS, type FoundAlert } from './case.ts'
import { gramsOf } from './grams.ts'
import { IS_MOBILE, withoutSender } from './mobiles.ts'
import { termsIn, withoutBrackets } from './search-terms.ts'

/** A search result; `text` is masked. */
export type SearchedAlert = FoundAlert & { readonly text: string | null; readonly brand: string | null }

/** A parsed search: conditions on `alert a`, with their values from `$3` on. */
export interface AlertSearch {
  readonly conditions: readonly string[]
  readonly values: readonly unknown[]
  readonly sort: Sort
  /** How far back to search, ms. */
  readonly last: number
}

/** Placeholder value for the senders in the period whose mobile has one of these tokens. */
class SendersOf {
  readonly tokens: readonly string[]

  constructor(tokens: readonly string[]) {
    this.tokens = tokens
  }
}

/** Error in a search: the term that was not understood, and the allowed values. */
export interface SearchFault {
  readonly fault: string
  readonly allowed?: readonly string[]
}

export const SORTS = ['newest', 'oldest', 'score'] as const
export type Sort = (typeof SORTS)[number]

const TEXT = "coalesce(event #>> '{data,message,text}', event #>> '{data,samples,0,text}', '')"
const BRAND = "jsonb_path_query_first(event, '$.data.reasons[*].evidence.brand') #>> '{}'"
/** Alerts with feedback that meets a condition. Feedback takes effect for 30 days at most. */
const withFeedback = (condition: string) =>
  ['message_id', 'state_id']
    .map(
      (id) =>
        `${id} = ANY (ARRAY(SELECT ${id} FROM feedback WHERE ts >= $1::timestamptz - interval '30 days' AND ${condition} AND ${id} IS NOT NULL))`,
    )
    .join(' OR ')
const OF_NOTE = withFeedback('strpos(lower(note), lower(?)) > 0')
const SENT_BY = '(signature, port) IN (SELECT s.signature, s.port FROM sender_sp s WHERE s.sp'
/** The same for a single value `?`, written so that an index can be used together with other conditions. */
const SENT_FOR = `(signature = ANY (ARRAY(SELECT s.signature FROM sender_sp s WHERE s.sp = ?)) AND ${SENT_BY} = ?))`

/** Tokens separated by bars: a number has one token per key. */
const TOKENS = /^[\w-]{1,32}\.[\w-]{22}(?:\|[\w-]{1,32}\.[\w-]{22})*$/
const SENT = "(port = ANY (?) OR (target_kind IN ('port', 'sender') AND target_id = ANY (?)))"

interface Field {
  readonly is: string
  readonly like?: string
  /** Condition for a value that consists of tokens; `?` stands for the senders' names in alerts. */
  readonly sentBy?: string
  /** All allowed values. */
  readonly values?: readonly string[]
  /** Converts a value to its stored form. */
  readonly kept?: (value: string) => string
}

/**
 * Condition of each field for the value `?`; in values that can be patterns, an asterisk matches anything. A sender's mobile
 * can be found by its tokens only.
 */
const FIELDS: Readonly<Record<string, Field>> = {
  message: { is: '(message_id = ? OR id = ?)' },
  token: { is: "to_token = ANY (string_to_array(?, '|'))", sentBy: SENT },
  signature: {
    is: 'signature = ?',
    like: 'signature LIKE ?',
    kept: withoutBrackets,
  },
  port: {
    is: `(port = ? OR (target_kind = 'port' AND target_id = ?)) AND NOT coalesce(port ${IS_MOBILE}, false)`,
    like: `port LIKE ? AND NOT port ${IS_MOBILE}`,
    sentBy: SENT,
  },
  domain: {
    is: 'domains @> ARRAY[?::text]',
    like: 'EXISTS (SELECT FROM unnest(domains) d WHERE d LIKE ?)',
    kept: (value) => (value.includes('*') ? value.toLowerCase() : hostOf(value)),
  },
  code: {
    is: 'codes @> ARRAY[?::text]',
    like: 'EXISTS (SELECT FROM unnest(codes) c WHERE c LIKE ?)',
    kept: (value) => value.toUpperCase(),
  },
  campaign: { is: 'campaign = ?' },
  brand: { is: `${BRAND} = ?`, like: `${BRAND} LIKE ?` },
  sp: { is: `${SENT_BY} = ?)`, like: `${SENT_BY} LIKE ?)` },
  action: { is: 'action = ?', values: ACTIONS.filter((action) => action !== 'none') },
  severity: { is: 'severity = ?', values: ['low', 'medium', 'high', 'critical'] },
  mode: { is: 'mode = ?', values: ['enforce', 'shadow'] },
  label: { is: 'label = ?', values: LABELS },
  type: { is: 'type = ?', values: ['raised', 'updated', 'cleared'] },
  target: { is: 'target_kind = ?', values: TARGET_KINDS },
  by: { is: `(${withFeedback('by = ?')})` },
  note: { is: `(${OF_NOTE})` },
}
export const QUERY_FIELDS = [...Object.keys(FIELDS), 'number', 'last', 'sort']

/** `?`, normalised to NFKC, occurs in the text, signature, a domain or the brand. */
const SHOWN = [TEXT, "coalesce(signature, '')", "array_to_string(domains, ' ')", `coalesce(${BRAND}, '')`]
  .map((field) => `strpos(lower(normalize(${field}, NFKC)), lower(?)) > 0`)
  .join(' OR ')

/** A word that occurs in the visible text or a note, or is the sender's enterprise. The index leaves few alerts to scan. */
function wordCondition(word: string): string {
  const grams = gramsCondition([word])
  const shown =
    grams === undefined ? `(${SHOWN})` : `(${grams[0]} AND (${SHOWN})) OR (${grams[1]} AND (${SHOWN}))`
  return `(${shown} OR ${SENT_FOR} OR ${OF_NOTE})`
}

/** Conditions for alerts that are in the index and for those not indexed yet; undefined if the texts are too short for it. */
function gramsCondition(texts: readonly string[]): readonly [string, string] | undefined {
  const grams = gramsOf(texts)
  return grams.length === 0 ? undefined : [`grams @> '{${grams.join()}}'::integer[]`, 'grams IS NULL']
}

/** Fields whose values are in the index. */
const INDEXED = new Set(['signature', 'domain', 'brand'])

const DAY = 86_400_000
export const LONGEST_LAST = 180 * DAY
const MOST_WORDS = 20

/** Conditions with their values, from `$3` on. */
class Conditions {
  readonly all: string[] = []
  readonly values: unknown[] = []

  /** Adds a condition for the value `?`. */
  add(condition: string, value: string | SendersOf): void {
    this.values.push(value)
    const type = value instanceof SendersOf ? '::text[]' : '::text'
    this.all.push(
      condition.replaceAll('?', `$${this.values.length + 2}${type}`).replaceAll('::text::text', '::text'),
    )
  }

  addField({ is, like, sentBy }: Field, name: string, value: string): void {
    const grams = INDEXED.has(name) ? gramsCondition(value.split(/[*【】]/)) : undefined
    if (grams) this.all.push(`(${grams.join(' OR ')})`)
    if (value.includes('*')) this.add(like!, value.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%'))
    else if (sentBy === undefined || !TOKENS.test(value)) this.add(is, value)
    else {
      this.add(sentBy, new SendersOf(value.split('|')))
      if (name !== 'token') return
      this.add(is, value)
      this.all.push(`(${this.all.splice(-2).join(' OR ')})`)
    }
  }
}

/** Parses a search: words and `field:value`. All terms must match. */
export function readSearch(query: string): AlertSearch | SearchFault {
  const terms = termsIn(query, (name) => QUERY_FIELDS.includes(name))
  if (terms.length > MOST_WORDS) return { fault: terms[MOST_WORDS]!.written }
  const found = new Conditions()
  let sort: Sort = 'newest'
  let last = DAY
  for (const { written: word, name, value } of terms) {
    if (value === '' || /^\*+$/.test(word)) return { fault: word }
    if (name === '') found.add(wordCondition(value), value.normalize('NFKC'))
    else if (name === 'last') {
      last = parseDuration(value) ?? 0
      if (!(last > 0 && last <= LONGEST_LAST)) return { fault: word }
    } else if (name === 'sort') {
      const known = SORTS.find((one) => one === value)
      if (!known) return { fault: word, allowed: SORTS }
      sort = known
    } else {
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
      const allowed = field?.values
      if (!field || (value.includes('*') && !field.like)) return { fault: word }
      if (allowed && !allowed.includes(value)) return { fault: word, allowed }
      found.addField(field, name, field.kept?.(value) ?? value)
    }
  }
  return { conditions: found.all, values: found.values, sort, last }
}

/** Mobiles that sent between `$1` and `$2`, with their names in alerts. The range of ports can use an index. */
const MOBILES = `SELECT DISTINCT port AS number, port AS name FROM alert
    WHERE ts >= $1 AND ts < $2 AND port >= '13' AND port < '2' AND port ${IS_MOBILE}
  UNION SELECT right(target_id, 11), target_id FROM state_episode WHERE raised_at < $2 AND last_at >= $1
    AND (target_kind = 'port' AND target_id ${IS_MOBILE} OR target_kind = 'sender' AND right(target_id, 12) ~ '^@1[3-9][0-9]{9}$')`

/** Replaces token placeholders by the matching senders. `tokensOf` returns the tokens of a number under all keys. */
async function withSenders(
  ask: Ask,
  values: readonly unknown[],
  times: readonly [Date, Date],
  tokensOf: (number: string) => readonly string[],
): Promise<unknown[]> {
  if (!values.some((value) => value instanceof SendersOf)) return [...values]
  const sent = await ask<{ number: string; name: string }>(MOBILES, times)
  const all = sent.map(({ number, name }) => [name, tokensOf(number)] as const)
  return values.map((value) =>
    value instanceof SendersOf
      ? all.flatMap(([name, own]) => (own.some((token) => value.tokens.includes(token)) ? [name] : []))
      : value,
  )
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

/** The alerts of a search between `from` and `to` (epoch ms), at most `most`, after a given line. */
export async function searchAlerts(
  ask: Ask,
  { conditions, values, sort }: AlertSearch,
  {
    from,
    to,
    most,
    after,
    tokensOf,
  }: {
    readonly from: number
    readonly to: number
    readonly most: number
    readonly after?: After | undefined
    /** Returns the tokens of a number under all keys. */
    readonly tokensOf: (number: string) => readonly string[]
  },
): Promise<SearchedAlert[]> {
  const [key, side, order] = KEYS[sort]
  const times = [new Date(from), new Date(to)] as const
  const n = values.length + 2
  const type = key === 'ts' ? 'timestamptz' : 'float8'
  const page = after ? ` AND (${key}, id) ${side} ($${n + 1}::${type}, $${n + 2}::text)` : ''
  const where = ['ts >= $1 AND ts < $2', ...conditions].join(' AND ')
  const found = await ask<SearchedAlert>(
    `SELECT ${COLUMNS}, ${TEXT} AS text, ${BRAND} AS brand FROM alert a WHERE ${where}${page}
      ORDER BY ${key} ${order}, id ${order} LIMIT ${most}`,
    [...times, ...(await withSenders(ask, values, times, tokensOf)), ...(after ? [after.key, after.id] : [])],
  )
  return found.map(withoutSender)
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
