import { describe, expect, it } from 'vitest'
import { MESSAGE_CODES } from '../../../../src/detection/detectors/all.ts'
import { createDescribe } from '../../../../src/detection/detectors/describe.ts'
import { citation, citedIn, LAWS, RULES, type RuleName } from '../../../../src/detection/detectors/rules.ts'
import { LOCALES } from '../../../../src/detection/detectors/words.ts'
import type { Code } from '../../../../src/domain/codes.ts'
import { EVIDENCE_SAMPLES } from '../../../helpers/evidence-samples.ts'

const escalated = { messages: 4, recipients: 3, window: 10, ports: ['10690009999'], signatures: ['京东'] }

describe('sentences', () => {
  it.each(LOCALES)('stand for every code and every kind of evidence in %s', (locale) => {
    const describe = createDescribe(locale)
    for (const [code, samples] of Object.entries(EVIDENCE_SAMPLES)) {
      for (const evidence of samples) {
        const { detail } = describe({ code: code as Code, evidence })
        expect(detail, code).toMatch(/[.。]$/)
        expect(detail, code).not.toMatch(/undefined|null|NaN|\[object|\$\{/)
      }
    }
  })

  it.each(LOCALES)(
    'tell of an escalated state how many messages went to how many recipients in %s',
    (locale) => {
      const describe = createDescribe(locale)
      for (const { code, escalates } of MESSAGE_CODES) {
        if (escalates.length === 0) continue
        const [sample] = EVIDENCE_SAMPLES[code]
        const { detail } = describe({ code, evidence: { ...sample, ...escalated } })
        expect(detail, code).toMatch(/\b4\b/)
        expect(detail, code).toMatch(/\b3\b/)
      }
    },
  )

  it('hold no port and no number to call: these are masked in the evidence alone', () => {
    for (const locale of LOCALES) {
      const describe = createDescribe(locale)
      for (const [code, samples] of Object.entries(EVIDENCE_SAMPLES)) {
        for (const evidence of samples) {
          expect(describe({ code: code as Code, evidence }).detail, code).not.toMatch(/1069\d|138\d{8}/)
        }
      }
    }
  })

  it('name what was found', () => {
    const [link, number] = EVIDENCE_SAMPLES.FORGED_BRAND
    const [english, chinese] = [createDescribe('en'), createDescribe('zh-CN')]
    expect(english({ code: 'FORGED_BRAND', evidence: link! }).detail).toBe(
      'Claims to be 京东: the link jd-refund.com is not its own.',
    )
    expect(chinese({ code: 'FORGED_BRAND', evidence: link! }).detail).toBe(
      '冒用“京东”：链接 jd-refund.com 非其所有。',
    )
    expect(english({ code: 'FORGED_BRAND', evidence: number! }).detail).toContain('none of its')
    const [imitation] = EVIDENCE_SAMPLES.LOOKALIKE_DOMAIN
    expect(chinese({ code: 'LOOKALIKE_DOMAIN', evidence: imitation! }).detail).toBe(
      '链接 jd-refund.com 仿冒 jd.com。',
    )
  })

  it('are Chinese throughout in Chinese, but for domains', () => {
    const describe = createDescribe('zh-CN')
    for (const [code, samples] of Object.entries(EVIDENCE_SAMPLES)) {
      for (const evidence of samples) {
        const { detail } = describe({ code: code as Code, evidence })
        expect(detail.replace(/[a-z-]+\.com/g, ''), code).not.toMatch(/[A-Za-z]/)
      }
    }
  })

  it('follow the evidence', () => {
    const describe = createDescribe('en')
    const flood = { count: 9, limit: 8, window: 600 }
    expect(describe({ code: 'RECIPIENT_FLOOD', evidence: { kind: 'otp', ...flood } })).toEqual({
      detail: '9 one-time passwords to one recipient in 10 minutes; 8 are allowed.',
    })
    expect(
      describe({ code: 'RECIPIENT_FLOOD', evidence: { kind: 'commercial', ...flood } }).detail,
    ).toContain('commercial')
    const signatures = ['a', 'b', 'c', 'd', 'e', 'f']
    expect(
      describe({ code: 'PORT_SUBLET', evidence: { signatures, count: 6, allowed: 1 } }).detail,
    ).toContain('(a, b, c, d, e…)')
  })

  it('take less than ten microseconds: they are made for every finding', () => {
    const describe = createDescribe('zh-CN')
    const finding = {
      code: 'TEXT_MARKETING',
      evidence: { label: 'marketing', score: 0.973, threshold: 0.5 },
    } as const
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) describe(finding)
    expect((performance.now() - start) / 100_000).toBeLessThan(0.01)
  })
})

describe('rules', () => {
  it('are cited where one is certain', () => {
    const describe = createDescribe('zh-CN')
    const [consent] = EVIDENCE_SAMPLES.NO_CONSENT
    expect(describe({ code: 'NO_CONSENT', evidence: consent! }).rule).toBe('MIIT-31 art. 18')
    const [burst] = EVIDENCE_SAMPLES.MARKETING_BURST
    expect(describe({ code: 'MARKETING_BURST', evidence: burst! })).not.toHaveProperty('rule')
  })

  it('name a law that is listed', () => {
    for (const name of Object.keys(RULES) as RuleName[]) {
      expect(Object.keys(LAWS)).toContain(citation(name).split(' art. ')[0])
    }
  })

  it('are cited by their Chinese names and numbers in Chinese texts, and in short elsewhere', () => {
    const chinese = (short: string) => citedIn('zh-CN', short)
    expect(chinese('MIIT-31 art. 18')).toBe('《通信短信息服务管理规定》（工业和信息化部令第31号）第十八条')
    expect(chinese('Anti-Fraud Law art. 2')).toBe('《中华人民共和国反电信网络诈骗法》第二条')
    expect(chinese('Advertising Law art. 43')).toBe('《中华人民共和国广告法》第四十三条')
    expect(chinese('Advertising Law art. 10')).toBe('《中华人民共和国广告法》第十条')
    expect(chinese('MIIT-31')).toBe('《通信短信息服务管理规定》（工业和信息化部令第31号）')
    expect(chinese('A later law art. 3')).toBe('A later law art. 3')
    for (const name of Object.keys(RULES) as RuleName[]) {
      expect(citedIn('en', citation(name))).toBe(citation(name))
      expect(chinese(citation(name))).toMatch(/^《[^》A-Za-z]+》[^A-Za-z]*$/)
    }
  })
})
