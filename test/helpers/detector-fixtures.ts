import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'
import type { MessageCode } from '../../src/detection/detectors/code-spec.ts'
import { objectSchema } from '../../src/detection/detectors/evidence-fields.ts'
import { buildRegistry } from '../../src/detection/registry/registry-index.ts'
import type { Code } from '../../src/domain/codes.ts'
import type { ConsentChange } from '../../src/domain/consent-ledger.ts'
import type { Evidence, Finding } from '../../src/domain/decision.ts'
import type { MessageContext } from '../../src/domain/detector.ts'
import { HEAD_GROUPS, type Head, type HeadReading } from '../../src/domain/heads.ts'
import type { Label, Scores } from '../../src/domain/labels.ts'
import type { AnalysedMessage, SmsRecord } from '../../src/domain/message.ts'
import type { Brand, PortRow, Registry, SignatureRow } from '../../src/domain/registry.ts'
import { readText } from '../../src/text/read-text.ts'
import { loadPolicy } from './policies.ts'

/** 12:00 in China. */
export const NOON = Date.UTC(2026, 10, 11, 4)

export const shippedBrands = (
  parse(readFileSync(new URL('../../config/brands.yaml', import.meta.url), 'utf8')) as { brands: Brand[] }
).brands

const policy = loadPolicy()
const modelThresholds: Scores = {
  notice: 0.5,
  personal: 0.5,
  marketing: 0.5,
  finance: 0.5,
  fraud: 0.5,
  illicit: 0.5,
}

export function scoresFor(label: Label, score = 0.9): Scores {
  const rest = (1 - score) / 5
  return {
    ...{ notice: rest, personal: rest, marketing: rest, finance: rest, fraud: rest, illicit: rest },
    [label]: score,
  }
}

export interface MessageOptions extends Partial<Omit<SmsRecord, 'text' | 'value'>> {
  readonly label?: Label
  readonly score?: number
  readonly partial?: boolean
  readonly seams?: readonly number[]
}

/** A head reading; heads not given are 0. */
export function headsOf(given: Partial<Record<Head, number>>): HeadReading {
  const group = (names: readonly Head[]) => Object.fromEntries(names.map((head) => [head, given[head] ?? 0]))
  const { asks, tone, speaks } = HEAD_GROUPS
  return {
    asks: group(asks),
    tone: group(tone),
    speaks: group(speaks),
    warns: given.warns ?? 0,
  } as HeadReading
}

/** A message read by the real stages, with a given label instead of the model's. */
export function messageOf(text: string, options: MessageOptions = {}): AnalysedMessage {
  const { label = 'notice', score = 0.9, partial = false, seams = [], ...fields } = options
  const record: SmsRecord = {
    id: 'm1',
    ts: NOON,
    from: '10690000001',
    to: '13900001111',
    blocked: false,
    ...fields,
    text,
    value: Buffer.from(text),
  }
  const position = { topic: 'sms.mt', partition: 0, offset: 0 }
  const read = readText(text, record.signature)
  const scores = scoresFor(label, score)
  return {
    ...read,
    id: record.id,
    ts: record.ts,
    from: record.from,
    to: record.to,
    text,
    record,
    origins: [{ id: record.id, position, value: record.value }],
    position,
    receivedAt: record.ts,
    partial,
    byDeadline: false,
    seams,
    label,
    scores,
    memo: {},
    toToken: '1.token',
    commercial: (label === 'marketing' || label === 'finance') && score >= 0.5 && !read.asksAlone,
    malicious: (label === 'fraud' || label === 'illicit') && score >= 0.5,
  }
}

export interface RegistryOptions {
  readonly brands?: readonly Brand[]
  readonly signatures?: readonly SignatureRow[]
  readonly ports?: readonly PortRow[]
}

export function registryOf({ brands = [], signatures = [], ports = [] }: RegistryOptions = {}): Registry {
  return buildRegistry({ brands, signatures, ports, shippedBrands, hash: 'test' })
}

export function signatureRow(
  name: string,
  ports: readonly string[],
  more: Partial<SignatureRow> = {},
): SignatureRow {
  return { name, consent: 'unless-refused', campaigns: [], filings: [{ ports, status: 'filed' }], ...more }
}

/** The shipped quiet hours, no ledger. */
export function contextOf(registry: Registry, more: Partial<MessageContext> = {}): MessageContext {
  return {
    registry,
    consents: undefined,
    askedBefore: undefined,
    modelThresholds,
    quietHours: policy.at(NOON).quietHours,
    ...more,
  }
}

let shipped: MessageContext | undefined

/** Only the shipped brand list. */
export function shippedContext(): MessageContext {
  shipped ??= contextOf(registryOf())
  return shipped
}

/** Which of the codes are found in a text. */
export function codesIn(
  specs: readonly MessageCode[],
  text: string,
  options: MessageOptions = {},
  context: MessageContext = shippedContext(),
): Code[] {
  return specs.flatMap((spec) => findingIn(spec, text, options, context)?.code ?? [])
}

/** The finding of one code in a text, with the shipped policy except for the thresholds given. */
export function findingIn(
  spec: MessageCode,
  text: string,
  options: MessageOptions = {},
  context: MessageContext = shippedContext(),
  thresholds: Readonly<Record<string, number | boolean>> = {},
): Finding | undefined {
  return detect(spec, messageOf(text, options), context, thresholds)
}

/** Like `findingIn`, for a message. */
export function detect(
  spec: MessageCode,
  message: AnalysedMessage,
  context: MessageContext,
  thresholds: Readonly<Record<string, number | boolean>> = {},
): Finding | undefined {
  const shipped = policy.codePolicy(spec.code, NOON)
  const found = spec.detect(message, context, {
    ...shipped,
    thresholds: { ...shipped.thresholds, ...thresholds },
  })
  if (found) expectDescribed(spec, found.evidence)
  return found
}

const validators = new Map<MessageCode, ValidateFunction>()

/** Checks evidence against the description in the module of the code. */
function expectDescribed(spec: MessageCode, evidence: Evidence): void {
  let validate = validators.get(spec)
  if (validate === undefined) {
    validate = new Ajv({ allErrors: true }).compile(objectSchema(spec.evidence))
    validators.set(spec, validate)
  }
  if (!validate(evidence))
    throw new Error(`${spec.code}: evidence is not as described: ${JSON.stringify(validate.errors)}`)
}

const HOUR = 3_600_000

/** Consent given `hoursAgo` hours before noon. */
export function consentGiven(hoursAgo: number, proof?: string): ConsentChange {
  return { state: 'in', ts: NOON - hoursAgo * HOUR, ...(proof === undefined ? {} : { proof }) }
}

/** Refusal given `hoursAgo` hours before noon. */
export function consentRefused(hoursAgo: number): ConsentChange {
  return { state: 'out', ts: NOON - hoursAgo * HOUR }
}

/**
 * Returns a function that tells whether a code fires on an offer at noon, by its signature (`须同意` requires consent, `甲公司`
 * does not) and the recipient's entry in the ledger; undefined: the ledger cannot be read.
 */
export function underConsents(spec: MessageCode) {
  const registry = registryOf({
    signatures: [
      signatureRow('须同意', ['1069*'], { consent: 'required' }),
      signatureRow('甲公司', ['1069*']),
    ],
  })
  return (signature: string, consents: readonly ConsentChange[] | undefined, options: MessageOptions = {}) =>
    codesIn(
      [spec],
      `【${signature}】大促全场五折，退订回T`,
      { label: 'marketing', ...options },
      contextOf(registry, { consents }),
    )
}
