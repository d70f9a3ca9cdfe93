import { describe, expect, it } from 'vitest'
import { campaignBurst } from '../../../src/detection/detectors/campaign-burst.ts'
import { signatureUnfiled } from '../../../src/detection/detectors/signature-unfiled.ts'
import { signatureWrongPort } from '../../../src/detection/detectors/signature-wrong-port.ts'
import { isFiledHere } from '../../../src/domain/filing.ts'
import type { Filing } from '../../../src/domain/registry.ts'
import { candidatesOf, isStillJustified } from '../../../src/stores/states/escalation.ts'
import {
  codesIn,
  contextOf,
  type MessageOptions,
  messageOf,
  NOON,
  registryOf,
  signatureRow,
} from '../../helpers/detector-fixtures.ts'
import { loadPolicy } from '../../helpers/policies.ts'
import { raised } from '../../helpers/state-fixtures.ts'

const DAY = 86_400_000
const TEXT = '【暖阳生活馆】冬季棉被全场五折，满三百减五十，回T退订'

interface Case {
  readonly name: string
  readonly filing: Filing
  readonly message?: MessageOptions
  readonly covers: boolean
}

const CASES: readonly Case[] = [
  { name: 'lists the port', filing: { ports: ['10690000001'], status: 'filed' }, covers: true },
  { name: 'lists its prefix', filing: { ports: ['106900*'], status: 'filed' }, covers: true },
  { name: 'lists another port', filing: { ports: ['1068*'], status: 'filed' }, covers: false },
  { name: 'lists no port: it is not limited', filing: { ports: [], status: 'filed' }, covers: true },
  { name: 'is suspended', filing: { ports: ['106900*'], status: 'suspended' }, covers: false },
  { name: 'is revoked', filing: { ports: [], status: 'revoked' }, covers: false },
  { name: 'has ended', filing: { ports: ['106900*'], status: 'filed', to: NOON - DAY }, covers: false },
  { name: 'has ended and lists no port', filing: { ports: [], status: 'filed', to: NOON }, covers: false },
  { name: 'begins later', filing: { ports: ['106900*'], status: 'filed', from: NOON + 1 }, covers: false },
  {
    name: 'is for another carrier',
    filing: { ports: ['106900*'], status: 'filed', carrier: 'CMCC' },
    message: { carrier: 'CUCC' },
    covers: false,
  },
  {
    name: 'is for the carrier and the enterprise',
    filing: { ports: ['106900*'], status: 'filed', carrier: 'CMCC', sp: 'SP1' },
    message: { carrier: 'CMCC', sp: 'SP1' },
    covers: true,
  },
]

describe.each(CASES)('a filing that $name', ({ filing, message: options, covers }) => {
  const registry = registryOf({ signatures: [signatureRow('暖阳生活馆', [], { filings: [filing] })] })
  const message = { ...messageOf(TEXT, { label: 'marketing', ...options }), bands: ['b0b0b0b0'] }

  it(covers ? 'covers the message' : 'does not cover the message', () => {
    expect(isFiledHere(message, registry)).toBe(covers)
  })

  it('means the same to the codes of the signature', () => {
    const found = codesIn(
      [signatureUnfiled, signatureWrongPort],
      TEXT,
      { label: 'marketing', ...options },
      contextOf(registry),
    )
    expect(found.length > 0).toBe(!covers)
  })

  it('means the same to a campaign', () => {
    const counted = campaignBurst.members!(
      { message, findings: [] },
      { registry, codePolicy: loadPolicy().codePolicy },
    )
    expect(counted.length > 0).toBe(!covers)
  })

  it('means the same to the target of a forgery', () => {
    const finding = { code: 'FORGED_BRAND' as const, score: 0.9, evidence: {} }
    const escalation = { count: 3, recipients: 3, within: 600_000 }
    const [candidate] = candidatesOf(message, [finding], registry, escalation)
    expect(candidate?.target.kind).toBe(covers ? 'campaign' : 'sender')
  })
})

const OF_ANY_CARRIER = CASES.filter((one) => one.message === undefined)

describe.each(OF_ANY_CARRIER)('an open state, after a filing that $name', ({ filing, covers }) => {
  it(covers ? 'stands no more' : 'still stands', () => {
    const registry = registryOf({ signatures: [signatureRow('暖阳生活馆', [], { filings: [filing] })] })
    const state = raised({
      code: 'SIGNATURE_WRONG_PORT',
      target: { kind: 'sender', id: '暖阳生活馆@10690000001' },
      match: { signature: '暖阳生活馆', ports: ['10690000001'] },
      at: NOON,
    })
    expect(isStillJustified(state, registry)).toBe(!covers)
  })
})
