import { describe, expect, it } from 'vitest'
import { blockDecision } from '../../../../../src/detection/detectors/brand-decision/evidence.ts'
import { SIGN_NAMES, type Sign } from '../../../../../src/detection/detectors/brand-decision/signs.ts'
import { WEIGHTS } from '../../../../../src/detection/detectors/brand-decision/weights.ts'
import { isCheapSuffix } from '../../../../../src/detection/detectors/shared/cheap-suffixes.ts'
import { SHIPPED_RULES } from '../../../../../src/detection/rules/shipped.ts'

/** Whether the rules let a message that shows these signs be blocked. */
function may(...signs: Sign[]): boolean {
  const shown = SHIPPED_RULES.with('', ['claim:signature', ...signs])
  return blockDecision('FORGED_BRAND', { shown, certaintyToBlock: 1 }, 0).cap.cap === undefined
}

describe('blockDecision', () => {
  it('requires a text that reads like fraud, and a contact of another party', () => {
    expect(may('text:from-98%', 'wording:2-12%', 'link:foreign')).toBe(true)
    expect(may('text:30-60%', 'wording:2-12%', 'contact:handle')).toBe(true)
    expect(may('text:10-30%', 'wording:73-88%', 'contact:handle')).toBe(true)
    expect(may('text:10-30%', 'wording:2-12%', 'contact:handle')).toBe(true)
    expect(may('text:2-10%', 'wording:from-98%', 'contact:handle')).toBe(false)
    expect(may('text:below-2%', 'wording:from-98%', 'contact:handle')).toBe(false)
    expect(may('text:below-2%', 'wording:2-12%', 'link:foreign')).toBe(false)
    expect(may('text:from-98%', 'wording:88-98%')).toBe(false)
    expect(may('text:from-98%', 'sender:unknown', 'contact:landline')).toBe(false)
    expect(may('text:from-98%', 'sender:mobile', 'contact:landline')).toBe(true)
    expect(may('text:from-98%', 'sender:unknown', 'contact:landline', 'link:foreign')).toBe(true)
    expect(may('text:from-98%', 'wording:88-98%', 'asks:reply')).toBe(false)
  })

  it('requires supporting words if there is only a request or a fixed number', () => {
    for (const lead of ['asks:secret', 'contact:landline'] as const) {
      const led = (...signs: Sign[]) => may('sender:mobile', lead, ...signs)
      expect(led('text:90-98%', 'wording:2-12%'), lead).toBe(true)
      expect(led('text:60-90%', 'wording:12-27%'), lead).toBe(false)
      expect(led('text:60-90%', 'wording:27-50%'), lead).toBe(true)
      expect(led('text:30-60%', 'wording:50-73%'), lead).toBe(false)
      expect(led('text:30-60%', 'wording:73-88%'), lead).toBe(true)
      expect(led('text:10-30%', 'wording:from-98%'), lead).toBe(false)
    }
  })

  it('takes a link that imitates the domain for the doubt of the text model', () => {
    expect(may('text:below-2%', 'wording:27-50%', 'link:foreign', 'link:imitates')).toBe(true)
    expect(may('text:below-2%', 'wording:12-27%', 'link:foreign', 'link:imitates')).toBe(false)
  })

  it('requires a surer text, or plainer words, if a stranger has a link like those of small shops', () => {
    const led = (...signs: Sign[]) => may('link:foreign', 'link:cheap-stranger', ...signs)
    const named = (...signs: Sign[]) => led('claim:mention', 'words:lure', ...signs)
    expect(led('claim:domain', 'text:60-90%', 'wording:73-88%')).toBe(true)
    // A club names the app that it uses.
    expect(led('claim:mention', 'text:60-90%', 'wording:from-98%')).toBe(false)
    expect(led('claim:mention', 'text:90-98%', 'wording:12-27%')).toBe(true)
    expect(named('text:90-98%', 'wording:12-27%')).toBe(true)
    expect(named('text:60-90%', 'wording:73-88%')).toBe(true)
    expect(named('text:60-90%', 'wording:50-73%')).toBe(false)
    expect(named('text:30-60%', 'wording:88-98%')).toBe(true)
    expect(named('text:30-60%', 'wording:73-88%')).toBe(false)
    expect(named('text:2-10%', 'wording:from-98%')).toBe(false)
  })

  it('wants the same of who signs with another name, only names the brand and has no foreign link', () => {
    for (const claim of ['claim:mention', 'claim:faint-speaker'] as const) {
      const signed = (...signs: Sign[]) => may(claim, 'signed:other', 'contact:handle', ...signs)
      expect(signed('text:90-98%', 'wording:12-27%'), claim).toBe(true)
      expect(signed('text:60-90%', 'wording:73-88%'), claim).toBe(true)
      expect(signed('text:60-90%', 'wording:50-73%'), claim).toBe(false)
      expect(signed('text:30-60%', 'wording:88-98%'), claim).toBe(true)
      expect(signed('text:30-60%', 'wording:73-88%'), claim).toBe(false)
      expect(signed('text:60-90%', 'wording:50-73%', 'link:foreign'), claim).toBe(true)
      expect(may(claim, 'contact:handle', 'text:60-90%', 'wording:50-73%'), claim).toBe(true)
      const called = (...signs: Sign[]) => may(claim, 'signed:other', 'contact:landline', ...signs)
      expect(called('text:10-30%', 'wording:from-98%'), claim).toBe(false)
    }
    expect(may('claim:speaker', 'signed:other', 'contact:handle', 'text:10-30%', 'wording:27-50%')).toBe(true)
  })

  it('spares the own port without a foreign link, and what leads to the own site alone', () => {
    const text: Sign[] = ['text:from-98%', 'wording:88-98%']
    expect(may(...text, 'sender:own', 'contact:mobile')).toBe(false)
    expect(may(...text, 'sender:own', 'link:foreign')).toBe(true)
    expect(may('text:60-90%', 'wording:from-98%', 'sender:own', 'link:foreign')).toBe(false)
    expect(may(...text, 'link:own', 'asks:follow')).toBe(false)
    expect(may(...text, 'link:own', 'contact:handle')).toBe(true)
    expect(may()).toBe(false)
  })
})

describe('WEIGHTS', () => {
  it('has one for each sign, and none that contradicts what its sign means', () => {
    expect(Object.keys(WEIGHTS).sort()).toEqual([...SIGN_NAMES].sort())
    for (const sign of [
      'link:foreign',
      'link:cheap',
      'link:cheap-stranger',
      'contact:handle',
      'asks:secret',
      'words:lure',
    ] as const)
      expect(WEIGHTS[sign], sign).toBeGreaterThanOrEqual(0)
    for (const sign of ['sender:own', 'sender:filed', 'link:own', 'leads:nowhere'] as const)
      expect(WEIGHTS[sign], sign).toBeLessThan(0)
  })
})

describe('WEIGHTS of an opinion', () => {
  it.each(['text:', 'wording:'])('never fall as %s grows surer', (kind) => {
    const steps = SIGN_NAMES.filter((sign) => sign.startsWith(kind) && sign.includes('%'))
    expect(steps.length).toBeGreaterThan(5)
    for (const [i, step] of steps.entries())
      if (i > 0) expect(WEIGHTS[step], step).toBeGreaterThanOrEqual(WEIGHTS[steps[i - 1]!])
  })
})

describe('isCheapSuffix', () => {
  it.each(['a.top', 'x.y.xyz', 'pay.vip'])('%s is under one', (host) => {
    expect(isCheapSuffix(host)).toBe(true)
  })
  it.each(['a.com', 'top.cn', 'a.com.cn', 'localhost', '', '10.0.0.1'])('%s is under none', (host) => {
    expect(isCheapSuffix(host)).toBe(false)
  })
})
