import { fileURLToPath } from 'node:url'
import { CODE_NAMES, type Code } from '../domain/codes.ts'
import type { Evidence } from '../domain/decision.ts'
import { InvalidInput, type Problem } from '../domain/errors.ts'
import type { Label } from '../domain/labels.ts'
import { type OperatorDocument, readOperatorFile } from '../operator/operator-file.ts'
import { compileSchema, type Fault, toProblems } from '../operator/operator-schema.ts'

/** Sentences of `detail` by code and language. */
export const DETAILS_FILE = fileURLToPath(new URL('../../config/details.yaml', import.meta.url))
/** Citations by code. */
export const RULES_FILE = fileURLToPath(new URL('../../config/rules.yaml', import.meta.url))

export const LOCALES = ['en', 'zh-CN'] as const
export type Locale = (typeof LOCALES)[number]

/** A sentence, alone or for evidence that has these values. */
type Sentence =
  | string
  | { readonly when: Readonly<Record<string, string | number | boolean>>; readonly say: string }

/** What config/details.yaml says of one code: its evidence, and sentences of which the first that fits is taken. */
export interface CodeDetails {
  readonly evidence: Readonly<Record<string, string>>
  readonly en: readonly Sentence[]
  readonly 'zh-CN': readonly Sentence[]
}

export interface RuleCitation {
  /** Short form, as in alerts. */
  readonly cite: string
  /** What the rule asks, for the reference. */
  readonly says: string
}

export interface RulesFile {
  /** Full names of the laws behind the short forms. */
  readonly sources: Readonly<Record<string, string>>
  readonly codes: Readonly<Partial<Record<Code, RuleCitation>>>
}

export type Describe = (finding: { readonly code: Code; readonly evidence: Evidence }) => {
  readonly detail: string
  readonly rule?: string
}

const SLOT = /\{([a-zA-Z][a-zA-Z0-9]*)(?::(percent|duration|label))?\}/g
const LISTED = 5

const line = { type: 'string', minLength: 1, maxLength: 300 }
const value = { type: ['string', 'number', 'boolean'] }
const detailsChecker = compileSchema({
  type: 'object',
  additionalProperties: false,
  required: CODE_NAMES,
  properties: Object.fromEntries(
    CODE_NAMES.map((code) => [
      code,
      {
        type: 'object',
        additionalProperties: false,
        required: ['evidence', ...LOCALES],
        properties: {
          evidence: { type: 'object', additionalProperties: line },
          ...Object.fromEntries(LOCALES.map((locale) => [locale, { type: 'array', minItems: 1 }])),
        },
      },
    ]),
  ),
})
const sentenceChecker = compileSchema({
  type: 'object',
  additionalProperties: false,
  required: ['when', 'say'],
  properties: { when: { type: 'object', minProperties: 1, additionalProperties: value }, say: line },
})
const rulesChecker = compileSchema({
  type: 'object',
  additionalProperties: false,
  required: ['sources', 'codes'],
  properties: {
    sources: { type: 'object', additionalProperties: line },
    codes: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        CODE_NAMES.map((code) => [
          code,
          {
            type: 'object',
            additionalProperties: false,
            required: ['cite', 'says'],
            properties: { cite: line, says: { type: 'string', minLength: 1 } },
          },
        ]),
      ),
    },
  },
})

/** The sentences, checked; an InvalidInput when the file is not whole. */
export function loadDetails(file = DETAILS_FILE): Readonly<Record<Code, CodeDetails>> {
  const document = read(file, (loaded) => detailsChecker(loaded))
  const details = document.value as Readonly<Record<Code, CodeDetails>>
  const faults: Fault[] = []
  for (const code of CODE_NAMES) {
    for (const locale of LOCALES) faults.push(...sentenceFaults(code, locale, details[code]))
  }
  refuse(toProblems(document, faults))
  return details
}

/** The citations, checked. */
export function loadRules(file = RULES_FILE): RulesFile {
  return read(file, (loaded) => rulesChecker(loaded)).value as RulesFile
}

function read(file: string, check: (value: unknown) => readonly Fault[]): OperatorDocument {
  const { document, problems } = readOperatorFile(file)
  refuse(document ? toProblems(document, check(document.value)) : problems)
  return document!
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InvalidInput('CONFIG_INVALID', problems)
}

function sentenceFaults(code: Code, locale: Locale, details: CodeDetails): Fault[] {
  const faults: Fault[] = []
  const sentences = details[locale]
  for (const [index, sentence] of sentences.entries()) {
    const path = [code, locale, index]
    if (typeof sentence !== 'string') {
      const found = sentenceChecker(sentence)
      faults.push(...found.map((fault) => ({ ...fault, path: [...path, ...fault.path] })))
      if (found.length > 0) continue
    }
    const used = [...slotsOf(sentence), ...(typeof sentence === 'string' ? [] : Object.keys(sentence.when))]
    for (const slot of used) {
      if (!Object.hasOwn(details.evidence, slot))
        faults.push({ path, message: `{${slot}} is no evidence of ${code}` })
    }
  }
  const last = sentences.at(-1)!
  if (typeof last !== 'string' || slotsOf(last).length > 0) {
    const message = 'the last sentence must stand without evidence: it is for findings that no other fits'
    faults.push({ path: [code, locale, sentences.length - 1], message })
  }
  return faults
}

/** Names of the slots of a sentence. */
export function slotsOf(sentence: Sentence): string[] {
  const text = typeof sentence === 'string' ? sentence : sentence.say
  return [...text.matchAll(SLOT)].map((match) => match[1]!)
}

// ---------------------------------------------------------------- rendering

interface Slot {
  readonly name: string
  readonly as: string | undefined
}
interface Template {
  readonly when: readonly (readonly [string, unknown])[]
  readonly parts: readonly (string | Slot)[]
}

function compile(sentence: Sentence): Template {
  const text = typeof sentence === 'string' ? sentence : sentence.say
  const parts: (string | Slot)[] = []
  let at = 0
  for (const match of text.matchAll(SLOT)) {
    if (match.index > at) parts.push(text.slice(at, match.index))
    parts.push({ name: match[1]!, as: match[2] })
    at = match.index + match[0].length
  }
  if (at < text.length) parts.push(text.slice(at))
  return { when: typeof sentence === 'string' ? [] : Object.entries(sentence.when), parts }
}

/**
 * Sentence and rule of a finding in a language. The sentences hold counts and names of brands and signatures only,
 * never a number, a link or a quotation: those are in the evidence, which is masked by its own rules.
 */
export function createDescribe(locale: Locale, details = loadDetails(), rules = loadRules()): Describe {
  const words = WORDS[locale]
  const templates = new Map<
    Code,
    { readonly sentences: readonly Template[]; readonly rule: string | undefined }
  >()
  for (const code of CODE_NAMES) {
    templates.set(code, { sentences: details[code][locale].map(compile), rule: rules.codes[code]?.cite })
  }
  return ({ code, evidence }) => {
    const { sentences, rule } = templates.get(code)!
    let detail: string | undefined
    for (const template of sentences) {
      detail = render(template, evidence, words)
      if (detail !== undefined) break
    }
    return rule === undefined ? { detail: detail ?? '' } : { detail: detail ?? '', rule }
  }
}

/** Undefined when the evidence does not fit. */
function render({ when, parts }: Template, evidence: Evidence, words: Words): string | undefined {
  for (const [name, wanted] of when) if (evidence[name] !== wanted) return undefined
  let out = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      out += part
      continue
    }
    const shown = show(evidence[part.name], part.as, words)
    if (shown === undefined) return undefined
    out += shown
  }
  return out
}

function show(value: unknown, as: string | undefined, words: Words): string | undefined {
  if (typeof value === 'number') {
    if (as === 'percent') return `${Math.round(value * 100)}%`
    if (as === 'duration') return lasting(value, words)
    return String(Math.round(value * 100) / 100)
  }
  if (typeof value === 'string') {
    if (value === '') return undefined
    return as === 'label' ? (words.labels[value as Label] ?? value) : value
  }
  if (!Array.isArray(value) || value.length === 0) return undefined
  const shown = value.slice(0, LISTED).map((item) => show(item, as, words) ?? '')
  return value.length > LISTED ? `${shown.join(words.comma)}…` : shown.join(words.comma)
}

interface Words {
  readonly comma: string
  readonly units: readonly [seconds: string, minutes: string, hours: string, days: string]
  readonly labels: Readonly<Record<Label, string>>
}

const WORDS: Readonly<Record<Locale, Words>> = {
  en: {
    comma: ', ',
    units: [' seconds', ' minutes', ' hours', ' days'],
    labels: {
      notice: 'notice',
      personal: 'personal',
      marketing: 'marketing',
      finance: 'finance',
      fraud: 'fraud',
      illicit: 'illicit',
    },
  },
  'zh-CN': {
    comma: '、',
    units: [' 秒', ' 分钟', ' 小时', ' 天'],
    labels: {
      notice: '通知',
      personal: '个人',
      marketing: '营销',
      finance: '金融',
      fraud: '诈骗',
      illicit: '违法',
    },
  },
}

/** Seconds in the largest unit of which there are at least two: exact numbers stand in the evidence. */
function lasting(seconds: number, { units }: Words): string {
  if (seconds < 120) return `${Math.round(seconds)}${units[0]}`
  if (seconds < 7200) return `${Math.round(seconds / 60)}${units[1]}`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}${units[2]}`
  return `${Math.round(seconds / 86_400)}${units[3]}`
}
