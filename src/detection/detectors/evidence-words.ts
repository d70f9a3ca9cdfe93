import { isMapping } from '../../domain/json.ts'
import { LABELS } from '../../domain/labels.ts'
import { clockTime } from '../../domain/time.ts'
import { evidenceWords } from '../rules/chinese.generated.ts'
import { CODES, codeNamed } from './all.ts'
import { SIGNS, type Sign } from './brand-decision/signs.ts'
import type { ChineseWords } from './evidence-fields.ts'
import type { Request } from './shared/requests.ts'
import { type Locale, WORDS } from './words.ts'

export interface ShownEvidence {
  readonly speaksFor: readonly string[]
  readonly speaksAgainst: readonly string[]
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/**
 * Chinese names of evidence fields; English ones are derived from the field names. Fields specific to a code are named in its
 * module (`fields.chinese`).
 */
const FIELDS: Readonly<Record<string, string>> = evidenceWords.fields

const REQUESTS: Readonly<Record<Request, string>> = evidenceWords.requests

const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...evidenceWords.values,
  label: Object.fromEntries(LABELS.map((label) => [label, WORDS['zh-CN'].label(label)])),
}

/** Names of fields defined in the modules of the codes. */
const OF_MODULES: ReadonlyMap<string, ChineseWords> = new Map(
  Object.values(CODES).flatMap(({ evidence }) =>
    Object.entries(evidence).flatMap(([name, { chinese }]) => (chinese ? [[name, chinese] as const] : [])),
  ),
)

const GROUPS: Readonly<Record<string, string>> = evidenceWords.groups

/** Signs in Chinese; those of a range are composed. */
const SIGNS_ZH: Readonly<Partial<Record<Sign, string>>> = evidenceWords.signs

/** A sign in words; signs of a later version are returned unchanged. */
export function signIn(locale: Locale, sign: string): string {
  if (!Object.hasOwn(SIGNS, sign)) return sign
  if (locale === 'en') return SIGNS[sign as Sign]
  const known = SIGNS_ZH[sign as Sign]
  if (known !== undefined) return known
  const [group = '', rest = ''] = sign.split(':')
  if (group === 'asks') return `${evidenceWords.asks}${REQUESTS[rest as Request]}`
  const range = rest.replace('below-', evidenceWords.below).replace(/^from-(.*)$/, `$1${evidenceWords.from}`)
  return `${GROUPS[group]}${evidenceWords.is}${range}`
}

/** A code by its name in a language; unknown codes, from a later version, are returned unchanged. */
export function codeText(code: string, locale: Locale): string {
  return locale === 'en' ? code : (codeNamed(code)?.called[locale] ?? code)
}

/** Epoch ms. */
const TIMES = new Set(['askedAt', 'refusedAt'])

/** Evidence in the words of a language; additions of later versions are left unchanged. `brand`: the name of a brand by its id. */
export function evidenceIn(
  locale: Locale,
  evidence: object,
  brand: (id: string) => string = (id) => id,
): ShownEvidence {
  const { speaksFor, speaksAgainst, ...facts } = withBrandNames(evidence, brand)
  const signs = (said: unknown) =>
    Array.isArray(said) ? said.map((sign) => signIn(locale, String(sign))) : []
  return {
    speaksFor: signs(speaksFor),
    speaksAgainst: signs(speaksAgainst),
    facts: Object.entries(facts).map(([name, value]) => [nameIn(locale, name), valueIn(locale, name, value)]),
  }
}

function withBrandNames(evidence: object, brand: (id: string) => string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(evidence).map(([name, value]: [string, unknown]) => {
      if (name === 'brand' && typeof value === 'string') return [name, brand(value)]
      return [name, isMapping(value) ? withBrandNames(value, brand) : value]
    }),
  )
}

function nameIn(locale: Locale, name: string): string {
  if (locale === 'en') return name.replace(/[A-Z]/g, (sign) => ` ${sign.toLowerCase()}`)
  return Object.hasOwn(FIELDS, name) ? FIELDS[name]! : (OF_MODULES.get(name)?.name ?? name)
}

function valueIn(locale: Locale, name: string, value: unknown): string {
  if (Array.isArray(value))
    return value.map((each) => valueIn(locale, name, each)).join(locale === 'en' ? ', ' : '、')
  if (typeof value === 'object' && value !== null) return groupIn(locale, name, value)
  if (TIMES.has(name) && typeof value === 'number') return `${clockTime(value)} (UTC+8)`
  if (name === 'neutral' || name === 'signs') return signIn(locale, String(value))
  if (name === 'after' && typeof value === 'number') return WORDS[locale].duration(value)
  return fixedIn(locale, name === 'scope' ? 'label' : name, String(value))
}

/** A group: findings by kind, counts by name, or nested fields. */
function groupIn(locale: Locale, name: string, value: object): string {
  if (name === 'says' && locale in value) return String(value[locale as keyof typeof value])
  const { kind, value: content, ...others } = value as Readonly<Record<string, unknown>>
  if (name === 'found' && typeof kind === 'string' && Object.keys(others).length === 0) {
    const said = kind === 'request' ? requestIn(locale, String(content)) : String(content)
    return `${fixedIn(locale, 'kind', kind)} ${said}`
  }
  return Object.entries(value)
    .map(
      ([key, each]) =>
        `${name === 'folds' ? fixedIn(locale, name, key) : nameIn(locale, key)} ${valueIn(locale, key, each)}`,
    )
    .join(locale === 'en' ? '; ' : '；')
}

function requestIn(locale: Locale, request: string): string {
  return locale !== 'en' && Object.hasOwn(REQUESTS, request) ? REQUESTS[request as Request] : request
}

function fixedIn(locale: Locale, name: string, value: string): string {
  const words = VALUES[name] ?? OF_MODULES.get(name)?.values
  return locale !== 'en' && words !== undefined && Object.hasOwn(words, value) ? words[value]! : value
}
