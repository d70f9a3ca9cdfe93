import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MESSAGE_DETECTORS } from '../../src/detectors/all.ts'
import { manners } from '../../src/detectors/manners.ts'
import { obfuscation } from '../../src/detectors/obfuscation.ts'
import { isPersonal, senderKind } from '../../src/detectors/sender-kind.ts'
import { textLabel } from '../../src/detectors/text-label.ts'
import { isMessageCode } from '../../src/domain/codes.ts'
import { LABELS } from '../../src/domain/labels.ts'
import {
  codesOf,
  contextOf,
  detectIn,
  messageOf,
  NOON,
  registryOf,
  signatureRow,
} from '../helpers/detector-fixtures.ts'

const context = contextOf(
  registryOf({ signatures: [signatureRow('京东', ['1069012345*'], { brand: 'jd' })] }),
)

describe('TEXT_*', () => {
  it('takes the threshold of the model card for 0, else that of the policy', () => {
    expect(codesOf(detectIn(textLabel, '中奖', { label: 'fraud', score: 0.6 }))).toEqual(['TEXT_FRAUD'])
    expect(codesOf(detectIn(textLabel, '中奖', { label: 'fraud', score: 0.4 }))).toEqual([])
    const judge = () => ({ ...context.judge('TEXT_FRAUD'), thresholds: { minScore: 0.8 } })
    expect(detectIn(textLabel, '中奖', { label: 'fraud', score: 0.6 }, { ...context, judge })).toEqual([])
  })

  it('has a code for every unsolicited label and none for notices and people', () => {
    const codes = LABELS.map((label) => codesOf(detectIn(textLabel, '文', { label }))[0])
    expect(codes).toEqual([
      undefined,
      undefined,
      'TEXT_MARKETING',
      'TEXT_FINANCE',
      'TEXT_FRAUD',
      'TEXT_ILLICIT',
    ])
  })
})

describe('OPT_OUT_MISSING', () => {
  it('fires on commercial text without a way out', () => {
    expect(codesOf(detectIn(manners, '双11大促全场五折，速来', { label: 'marketing' }))).toEqual([
      'OPT_OUT_MISSING',
    ])
  })
  it('not with a way out, in notices, short or partial texts', () => {
    expect(detectIn(manners, '双11大促全场五折，拒收请回复R', { label: 'marketing' })).toEqual([])
    expect(detectIn(manners, '您的快递已经到了驿站')).toEqual([])
    expect(detectIn(manners, '大促', { label: 'marketing' })).toEqual([])
    expect(
      detectIn(manners, '双11大促全场五折，速来', { label: 'marketing', partial: true, seams: [0] }),
    ).toEqual([])
  })
})

describe('QUIET_HOURS', () => {
  const at = (hour: number, minute = 0) => NOON + ((hour - 12) * 60 + minute) * 60_000
  const quiet = (ts: number, label: 'marketing' | 'notice' = 'marketing') =>
    detectIn(manners, '双11大促全场五折，退订回T', { label, ts })[0]

  it('fires from the first minute to the last of a span that wraps midnight', () => {
    expect(quiet(at(21))?.evidence).toEqual({ label: 'marketing', localTime: '21:00', quiet: '21:00-08:00' })
    expect(quiet(at(3))).toMatchObject({ code: 'QUIET_HOURS' })
    expect(quiet(at(7, 59))).toBeDefined()
  })
  it('not outside, not for notices, not when switched off', () => {
    expect(quiet(at(20, 59))).toBeUndefined()
    expect(quiet(at(8))).toBeUndefined()
    expect(quiet(at(3), 'notice')).toBeUndefined()
    const off = { ...context, quietHours: () => ({ spans: new Map(), zone: 480 }) }
    expect(detectIn(manners, '双11大促，退订回T', { label: 'marketing', ts: at(3) }, off)).toEqual([])
  })
})

describe('OBFUSCATED_TEXT', () => {
  const folded = (count: number, length: number) => {
    const message = messageOf('a'.repeat(length))
    const normalised = { ...message.normalised, folded: count, folds: { glyph: count } }
    return obfuscation.detect({ ...message, normalised }, context)[0]
  }
  it('fires from the limits of the policy on', () => {
    expect(folded(3, 60)).toMatchObject({ score: 0.5, evidence: { folded: 3, length: 60, share: 0.05 } })
    expect(folded(20, 40)?.score).toBe(1)
  })
  it('not below them, nor on an empty text', () => {
    expect(folded(2, 10)).toBeUndefined()
    expect(folded(3, 100)).toBeUndefined()
    expect(folded(0, 0)).toBeUndefined()
  })
  it('reads a text of the kind', () => {
    const text = '办-理=贷*款，加徽亻言 abc123 咨徇'
    expect(codesOf(detectIn(obfuscation, text))).toEqual(['OBFUSCATED_TEXT'])
    expect(detectIn(obfuscation, '【京东】您的包裹已送达，请及时取件。')).toEqual([])
  })
})

describe('senderKind', () => {
  it.each([
    ['106901234567', 'port'],
    ['95588', 'short'],
    ['12306', 'short'],
    ['10086', 'short'],
    ['1008611', 'short'],
    ['13812345678', 'mobile'],
    ['17012345678', 'mobile'],
    ['85291234567', 'overseas'],
    ['447911123456', 'overseas'],
    ['12025550123', 'overseas'],
    ['02161234567', 'landline'],
    ['JD-INFO', 'name'],
    ['?', 'landline'],
  ])('%s is %s', (from, kind) => {
    expect(senderKind(from)).toBe(kind)
    expect(isPersonal(senderKind(from))).toBe(['mobile', 'overseas', 'landline'].includes(kind))
  })
})

describe('every message detector', () => {
  it('emits only its own codes, with scores from 0 to 1, and throws on no text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(
          fc.constantFrom(
            '【',
            '】',
            '京东',
            '亰东',
            '客服',
            ':',
            'jd.com',
            'jd-refund.com',
            '退款',
            '我是',
            ' ',
            '13812345678',
          ),
        )
        .map((words) => words.join('')),
    )
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(...LABELS),
        fc.constantFrom('10690001', '13811112222', 'JD'),
        (t, label, from) => {
          const message = messageOf(t, { label, from })
          for (const detector of MESSAGE_DETECTORS) {
            for (const finding of detector.detect(message, { ...context, consents: [], askedBefore: 0 })) {
              expect(detector.codes).toContain(finding.code)
              expect(isMessageCode(finding.code)).toBe(true)
              expect(finding.score).toBeGreaterThanOrEqual(0)
              expect(finding.score).toBeLessThanOrEqual(1)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
