import { QUEUE_VIEWS } from '../archive/case-queue.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { ACCESS_KINDS, SEARCH_FIELDS } from '../archive/reader.ts'
import type { Asked } from './answers.ts'
import { COMPLAINT_VIEWS } from './complaint-routes.ts'
import { timeOf } from './requests.ts'
import type { Speech, Word } from './words.ts'

/** What a parameter may be, and the sentence that says how to write it. */
interface Rule {
  readonly fits: (value: string) => boolean
  readonly how: Word
  readonly values?: readonly string[]
}

const TIME: Rule = { fits: (value) => timeOf(value) !== undefined, how: 'writeTime' }
const NUMBER: Rule = { fits: (value) => /^\d{1,6}$/.test(value), how: 'writeNumber' }
const oneOf = (values: readonly string[]): Rule => ({
  fits: (value) => values.includes(value),
  how: 'writeOneOf',
  values,
})
const isKey = (value: string) => Number.isFinite(Number(value)) || !Number.isNaN(Date.parse(value))
const RANGE = { from: TIME, to: TIME }

/** The parameters of addresses that are read; what else an address has is ignored, and so is what is empty. */
const RULES: readonly (readonly [path: RegExp, rules: Readonly<Record<string, Rule>>])[] = [
  [/^\/$/, { ...RANGE, field: oneOf(SEARCH_FIELDS), csv: NUMBER }],
  [/^\/overview$/, { ...RANGE, csv: NUMBER }],
  [/^\/access(?:\.csv)?$/, { ...RANGE, what: oneOf(ACCESS_KINDS), skip: NUMBER }],
  [
    /^\/complaints(?:\.csv)?$/,
    {
      month: { fits: (value) => /^20\d\d-(?:0[1-9]|1[0-2])$/.test(value), how: 'writeMonth' },
      ...{ view: oneOf(COMPLAINT_VIEWS), csv: NUMBER },
    },
  ],
  [
    /^\/queue(?:\/|$)/,
    { view: oneOf(QUEUE_VIEWS), skip: NUMBER, judge: oneOf(['confirmed', 'false_positive']) },
  ],
  [/^\/find\//, { key: { fits: isKey, how: 'writeKey' } }],
  [/^\/(?:found|case)\//, { csv: NUMBER }],
  [/^\/(?:brand|signature|port|domain|enterprise|campaign|recipient)\//, { ...RANGE, csv: NUMBER }],
]

/** What is wrong with the parameters of an address, and how to write them; undefined: nothing is. */
export function faultOf({ path, query }: Pick<Asked, 'path' | 'query'>, { say }: Speech): string | undefined {
  const rules = RULES.find(([pattern]) => pattern.test(path))?.[1] ?? {}
  for (const [name, { fits, how, values = [] }] of Object.entries(rules)) {
    const value = query.get(name)
    if (value && !fits(value))
      return `${say('badValue', { name, value: withoutMobiles(value).slice(0, 60) })} ${say(how, { name, values: values.join(', ') })}`
  }
  const [from, to] = [timeOf(query.get('from')), timeOf(query.get('to'))]
  return 'from' in rules && from !== undefined && to !== undefined && to <= from
    ? say('timesSwapped')
    : undefined
}
