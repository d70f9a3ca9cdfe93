import { TARGET_KINDS } from '../../domain/codes.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { LABELS } from '../../domain/labels.ts'
import { DAY } from '../../domain/time.ts'
import { parseDuration } from '../../settings/files/value-forms.ts'
import { hostOf } from './alert-hosts.ts'
import { gramsOf } from './grams.ts'
import { IS_MOBILE } from './mobiles.ts'
import { isPattern, likeOf, literalOf, type StoredValue, termsIn, withoutBrackets } from './search-terms.ts'

/** A parsed search: conditions on `alert a`, with their values from `$3` on. */
export interface AlertSearch {
  readonly conditions: readonly string[]
  readonly values: readonly unknown[]
  readonly sort: Sort
  /** Whether it has a condition for which PostgreSQL expects many more alerts than there are, such as a word. */
  readonly isNarrow: boolean
  /** How far back to search, ms. */
  readonly last: number
}

/** Placeholder value for the senders in the period whose mobile has one of these tokens. */
export class SendersOf {
  readonly tokens: readonly string[]

  constructor(tokens: readonly string[]) {
    this.tokens = tokens
  }
}

/** Error in a search: the term that was not understood with the allowed values, or how long a search may be. */
export type SearchFault =
  | { readonly fault: string; readonly allowed?: readonly string[] }
  | { readonly fault: 'tooLong' | 'tooManyTerms'; readonly n: number; readonly most: number }

export const SORTS = ['newest', 'oldest', 'score'] as const
export type Sort = (typeof SORTS)[number]

export const TEXT = "coalesce(event #>> '{data,message,text}', event #>> '{data,samples,0,text}', '')"
export const BRAND = "jsonb_path_query_first(event, '$.data.reasons[*].evidence.brand') #>> '{}'"
/**
 * Alerts with feedback that meets a condition. Feedback on a message follows its alert, but for the clocks; on a state it takes
 * effect for 30 days at most.
 */
const withFeedback = (condition: string) =>
  [
    ['message_id', '1 day'],
    ['state_id', '30 days'],
  ]
    .map(
      ([id, before]) =>
        `${id} = ANY (ARRAY(SELECT ${id} FROM feedback WHERE ts >= $1::timestamptz - interval '${before}' AND ${condition} AND ${id} IS NOT NULL))`,
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
    kept: (value) => (isPattern(value) ? value.toLowerCase() : hostOf(value)),
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
/** All values of a field; none if it takes any. */
export const valuesOfField = (name: string) => FIELDS[name]?.values ?? []
export const QUERY_FIELDS = [...Object.keys(FIELDS), 'number', 'last', 'sort']

/** `?`, normalised to NFKC, occurs in the text, signature, a domain or the brand. */
const SHOWN = [TEXT, "coalesce(signature, '')", "array_to_string(domains, ' ')", `coalesce(${BRAND}, '')`]
  .map((field) => `strpos(lower(normalize(${field}, NFKC)), lower(?)) > 0`)
  .join(' OR ')

/** A word that occurs in the visible text or a note, or is the sender's enterprise. The index leaves few alerts to scan. */
function wordCondition(grams: GramsCondition | undefined): string {
  const shown =
    grams === undefined ? `(${SHOWN})` : `(${grams[0]} AND (${SHOWN})) OR (${grams[1]} AND (${SHOWN}))`
  return `(${shown} OR ${SENT_FOR} OR ${OF_NOTE})`
}

/** Conditions for alerts that are in the index and for those not indexed yet. */
type GramsCondition = readonly [indexed: string, unindexed: string]

/** Undefined if the texts are too short for the index. */
function gramsCondition(texts: readonly string[]): GramsCondition | undefined {
  const grams = gramsOf(texts)
  return grams.length === 0 ? undefined : [`grams @> '{${grams.join()}}'::integer[]`, 'grams IS NULL']
}

/** Fields whose values are in the index. */
const INDEXED = new Set(['signature', 'domain', 'brand'])

const LONGEST_LAST = 180 * DAY
const MOST_WORDS = 20

/** Conditions with their values, from `$3` on. */
class Conditions {
  readonly all: string[] = []
  readonly values: unknown[] = []
  isNarrow = false

  /** Adds a condition for the value `?`. */
  add(condition: string, value: string | SendersOf): void {
    this.values.push(value)
    const type = value instanceof SendersOf ? '::text[]' : '::text'
    this.all.push(
      condition.replaceAll('?', `$${this.values.length + 2}${type}`).replaceAll('::text::text', '::text'),
    )
  }

  addWord(word: string): void {
    const grams = gramsCondition([word])
    this.isNarrow ||= grams !== undefined
    this.add(wordCondition(grams), word.normalize('NFKC'))
  }

  addField({ is, like, sentBy }: Field, name: string, value: string): void {
    const literal = literalOf(value)
    const grams = INDEXED.has(name) ? gramsCondition(literal.split(/[*【】]/)) : undefined
    if (grams) this.all.push(`(${grams.join(' OR ')})`)
    this.isNarrow ||= grams !== undefined
    if (isPattern(value)) this.add(like!, likeOf(value))
    else if (sentBy === undefined || !TOKENS.test(value)) this.add(is, literal)
    else {
      this.add(sentBy, new SendersOf(value.split('|')))
      if (name !== 'token') return
      this.add(is, value)
      this.all.push(`(${this.all.splice(-2).join(' OR ')})`)
    }
  }
}

/** Parses a search: words and `field:value`. All terms must match. */
export function readSearch(
  query: string,
  storedValue: StoredValue = (_, value) => value,
): AlertSearch | SearchFault {
  const terms = termsIn(query, (name) => QUERY_FIELDS.includes(name))
  if (terms.length > MOST_WORDS) return { fault: 'tooManyTerms', n: terms.length, most: MOST_WORDS }
  const found = new Conditions()
  let sort: Sort = 'newest'
  let last = DAY
  for (const { written: word, name, value: written } of terms) {
    const value = storedValue(name, written)
    if (value === '' || /^\*+$/.test(word)) return { fault: word }
    if (name === '') found.addWord(value)
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
      if (!field || (isPattern(value) && !field.like)) return { fault: word }
      if (allowed && !allowed.includes(value)) return { fault: word, allowed }
      found.addField(field, name, field.kept?.(value) ?? value)
    }
  }
  return { conditions: found.all, values: found.values, isNarrow: found.isNarrow, sort, last }
}
