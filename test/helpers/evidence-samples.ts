import { CODES } from '../../src/detection/detectors/all.ts'
import { objectSchema } from '../../src/detection/detectors/evidence-fields.ts'
import { CODE_NAMES, type ShippedCode } from '../../src/domain/codes.ts'
import type { Evidence } from '../../src/domain/decision.ts'

const label = { score: 0.973, threshold: 0.5 }
const official = { domains: ['jd.com'], ports: ['1069012345*'], hotlines: ['950618'] }
const weighed = {
  speaksFor: ['text:from-98%', 'link:foreign'],
  speaksAgainst: ['claim:signature', 'words:opt-out'],
}
const imitation = {
  brand: 'jd',
  imitation: '亰东',
  original: '京东',
  how: 'glyph',
  similarity: 0.97,
  ...weighed,
}
const burst = { window: '1m', count: 900, limit: 450, baseline: 20 }

/** Hand-written evidence of codes whose fields depend on each other. */
const CHOSEN: Readonly<Partial<Record<ShippedCode, readonly Evidence[]>>> = {
  FORGED_BRAND: [
    {
      brand: 'jd',
      claimedBy: 'signature',
      claimed: '京东',
      found: [{ kind: 'domain', value: 'jd-refund.com' }],
      official,
      ...weighed,
    },
    {
      brand: 'jd',
      claimedBy: 'speaker',
      claimed: '京东',
      found: [
        { kind: 'callback', value: '13812345678' },
        { kind: 'port', value: '10690009999' },
        { kind: 'sender', value: '13812345679' },
      ],
      official,
      ...weighed,
    },
    {
      brand: '云川职业学院',
      claimedKind: 'school',
      claimedBy: 'signature',
      claimed: '云川职业学院',
      found: [{ kind: 'domain', value: 'yctx.com' }],
      official: { domains: [], ports: [], hotlines: [] },
      ...weighed,
    },
  ],
  LOOKALIKE_SIGNATURE: [imitation],
  LOOKALIKE_DOMAIN: [{ ...imitation, imitation: 'jd-refund.com', original: 'jd.com', how: 'added-word' }],
  TEXT_FRAUD: [{ label: 'fraud', ...label }],
  TEXT_ILLICIT: [{ label: 'illicit', ...label }],
  TEXT_FINANCE: [{ label: 'finance', ...label }],
  TEXT_MARKETING: [{ label: 'marketing', ...label }],
  SIGNATURE_MISSING: [{ port: '10690009999', label: 'marketing' }],
  SIGNATURE_UNFILED: ['unknown', 'suspended', 'revoked', 'expired'].map((reason) => ({
    signature: '无名',
    reason,
  })),
  SIGNATURE_WRONG_PORT: ['port', 'carrier', 'sp'].map((reason) => ({
    signature: '无名',
    port: '10690009999',
    reason,
    filed: ['10690001*'],
  })),
  SCOPE_EXPANDED: [
    { kind: 'signature', label: 'marketing', scope: ['notice'], signature: '无名' },
    { kind: 'port', label: 'finance', scope: ['notice', 'personal'], port: '10690009999' },
    { kind: 'otp', label: 'marketing' },
  ],
  NO_CONSENT: ['none', 'refused', 'default'].map((reason) => ({ signature: '无名', reason })),
  AFTER_OPT_OUT: [{ signature: '无名', refusedAt: 1, after: 90_000 }],
  CONSENT_REASKED: [{ signature: '无名', askedAt: 1, after: 1_900_000 }],
  OPT_OUT_MISSING: [{ label: 'finance' }],
  QUIET_HOURS: [{ label: 'marketing', localTime: '22:10', quiet: '21:00-08:00' }],
  OBFUSCATED_TEXT: [{ folded: 5, length: 40, share: 0.125, folds: { glyph: 5 } }],
  MARKETING_BURST: [
    { ...burst, baselineSource: 'hour-of-day' },
    { ...burst, baseline: 0, baselineSource: 'none' },
    { ...burst, baselineSource: 'recent-hours', campaignAllowance: 100 },
    { ...burst, window: 'climb', minutes: 29.5, baselineSource: 'hour-of-day' },
  ],
  CAMPAIGN_BURST: [
    { messages: 80, ports: ['10690009999'], signatures: ['甲'], portCount: 9, signatureCount: 1, window: 60 },
  ],
  PORT_SUBLET: [{ signatures: ['甲', '乙'], count: 2, allowed: 1 }],
  RECIPIENT_FLOOD: ['otp', 'commercial'].map((kind) => ({ kind, count: 9, limit: 8, window: 600 })),
  MANUAL_BLOCK: [
    { by: '安', why: '仿冒退款', until: '2026-11-11T04:00:00.000Z' },
    { by: '安', why: '仿冒', until: '2026-11-11T04:00:00.000Z', approvedBy: '本', policyMode: 'shadow' },
  ],
  COMPLAINT_SPIKE: [{ complaints: 20, sent: 100_000, perMillion: 200, lowerBound: 132.5, limit: 5 }],
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
}

/** A value that matches a schema; of an enum, the n-th. */
function sampleOf(schema: Schema, n: number): unknown {
  if (schema.enum) return schema.enum[n % schema.enum.length]
  switch (schema.type) {
    case 'integer':
      return 7
    case 'number':
      return 0.5
    case 'boolean':
      return true
    case 'array':
      return [sampleOf(schema.items ?? {}, n)]
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? { 甲: { type: 'integer' } }).map(([name, of]) => [
          name,
          sampleOf(of, n),
        ]),
      )
    default:
      return '甲'
  }
}

/** Samples derived from the description of the evidence: as many as its longest enum has values. */
function derived(code: ShippedCode): readonly Evidence[] {
  const schema: Schema = objectSchema(CODES[code].evidence)
  const choices = Object.values(schema.properties ?? {}).map((field) => field.enum?.length ?? 1)
  return Array.from({ length: Math.max(1, ...choices) }, (_, n) => sampleOf(schema, n) as Evidence)
}

/** Evidence of every code, validated against the schema. */
export const EVIDENCE_SAMPLES = Object.fromEntries(
  CODE_NAMES.map((code) => [code, CHOSEN[code] ?? derived(code)]),
) as Readonly<Record<ShippedCode, readonly Evidence[]>>
