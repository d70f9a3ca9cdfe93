import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CODES, isMessageCode, MESSAGE_CODES, STATE_CODES } from '../../../../src/detection/detectors/all.ts'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'
import { LABELS } from '../../../../src/domain/labels.ts'
import { contextOf, detect, messageOf, registryOf, signatureRow } from '../../../helpers/detector-fixtures.ts'

const context = contextOf(
  registryOf({ signatures: [signatureRow('京东', ['1069012345*'], { brand: 'jd' })] }),
)

describe('the list of codes', () => {
  it('has one module for every name, in the order of the names', () => {
    expect([...MESSAGE_CODES, ...STATE_CODES].map(({ code }) => code)).toEqual(CODE_NAMES)
  })

  it.each(CODE_NAMES)('has a test of %s', (name) => {
    const file = `${name.toLowerCase().replaceAll('_', '-')}.test.ts`
    expect(readFileSync(new URL(file, import.meta.url), 'utf8')).toContain(`describe('${name}`)
  })

  it('gives every code whose state can open a hold of at least five minutes, and a throttle its limit', () => {
    for (const name of CODE_NAMES) {
      const { escalates, thresholds, action, limit } = CODES[name]
      if (!isMessageCode(name) || escalates.length > 0) {
        expect(thresholds.hold?.default, name).toBeGreaterThanOrEqual(300)
      }
      if (action === 'throttle') expect(limit?.perMinute, name).toBeGreaterThan(0)
    }
  })

  it('keeps every default within its own bounds', () => {
    for (const name of CODE_NAMES) {
      for (const [key, threshold] of Object.entries(CODES[name].thresholds)) {
        if (!('unit' in threshold)) continue
        const { default: value, min, max = Infinity, below = Infinity } = threshold
        expect(value >= min && value <= max && value < below, `${name}.${key}`).toBe(true)
      }
    }
  })
})

describe('every message detector', () => {
  it('emits only its own code, with scores from 0 to 1, and throws on no text', () => {
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
          for (const spec of MESSAGE_CODES) {
            const finding = detect(spec, message, { ...context, consents: [], askedBefore: 0 })
            if (!finding) continue
            expect(finding.code).toBe(spec.code)
            expect(finding.score).toBeGreaterThanOrEqual(0)
            expect(finding.score).toBeLessThanOrEqual(1)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
