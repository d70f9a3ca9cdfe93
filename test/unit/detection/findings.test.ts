import { describe, expect, it } from 'vitest'
import { MESSAGE_CODES } from '../../../src/detection/detectors/all.ts'
import { parseOwnRules } from '../../../src/detection/detectors/own-rules/read.ts'
import {
  detect,
  type JudgingVersions,
  type KnownBefore,
  NOTHING_KNOWN,
} from '../../../src/detection/judge.ts'
import { loadPolicy, parsePolicy } from '../../../src/detection/policy/load.ts'
import { TemplateIndex } from '../../../src/detection/templates/template-index.ts'
import type { AnalysedMessage } from '../../../src/domain/message.ts'
import { writtenSketch } from '../../../src/domain/templates.ts'
import { readText } from '../../../src/text/read-text.ts'
import { createRandom } from '../../../src/text/reader/random.ts'
import { wordSketch } from '../../../src/text/word-sketch.ts'
import { messageOf, NOON, registryOf, scoresFor, signatureRow } from '../../helpers/detector-fixtures.ts'
import { noticesWith } from '../../helpers/notice-fixtures.ts'

const HOUR = 3_600_000
const PORT = '10690001'
const MOBILE = '13812345678'
/** Where texts of several kinds differ by sender, recipient, time or version. */
const TEXTS = [
  {
    text: `【京东】您的包裹因地址不详无法派送，请点击 jd-x.top/a 更新收货信息，客服${MOBILE}`,
    label: 'fraud',
  },
  { text: '【京东】全场八折，回复T退订', label: 'marketing' },
  { text: '【好车行】保养八折，欢迎到店', label: 'marketing' },
  { text: '本店今日开业，全场五折，欢迎光临选购，数量有限先到先得', label: 'marketing' },
  { text: '【顺豐】您的快递已到，请凭取件码领取', label: 'notice' },
  { text: '【好车行】同意接收我们的优惠信息请回复Y', label: 'notice' },
] as const

const filings = [{ ports: [PORT], status: 'filed' as const, carrier: 'cmcc', sp: 'A', to: NOON + 6 * HOUR }]
const REGISTRIES = [
  registryOf({
    signatures: [signatureRow('京东', [PORT], { brand: 'jd', filings }), signatureRow('好车行', [PORT])],
  }),
  registryOf({ signatures: [signatureRow('好车行', ['10690002'], { consent: 'required' })] }),
  registryOf(),
]
const own = parseOwnRules(
  'rules.yaml',
  `words: {opening: {says: a shop opens, list: [开业]}}
rules:
  - code: OP_OPENING
    when: words:opening
    says: {en: It opens., zh-CN: 开业。}
    because: it is asked for
    example: a
    nearMiss: b
`,
).rules
const parsed = parsePolicy('policy.yaml', 'codes: {OPT_OUT_MISSING: {thresholds: {minLength: 1}}}').policy!
const POLICIES = [loadPolicy(), parsed, loadPolicy(undefined, own)]

const templates = new TemplateIndex()
const notices = noticesWith([{ text: TEXTS[0].text, hosts: ['jd.com'], signature: '京东', port: PORT }])
/** Of two models. */
const THRESHOLDS = [0.5, 0.7].map((score) => scoresFor('notice', score))
const ASKED = { allowances: NOTHING_KNOWN.allowances, consents: [], askedBefore: undefined }

describe('findings that are kept with a text', () => {
  it('are those that a message has by itself, whatever differs between it and others of its text', () => {
    const random = createRandom(5)
    const oneOf = <T>(some: readonly T[]): T => some[Math.floor(random.next() * some.length)]!
    const models = [0.6, 0.95].map((score) => TEXTS.map(({ label }) => scoresFor(label, score)))
    const judged = TEXTS.map((): unknown[] => [])
    let asked = 0
    const codes = MESSAGE_CODES.map((spec) => ({
      ...spec,
      detect: (...of: Parameters<typeof spec.detect>) => {
        if (spec.code === 'FORGED_BRAND') asked++
        return spec.detect(...of)
      },
    }))
    const found = new Set<string>()
    let [registry, policy, model] = [REGISTRIES[0]!, POLICIES[0]!, 0]
    const draws = 3_000
    for (let draw = 0; draw < draws; draw++) {
      if (random.next() < 0.02) registry = oneOf(REGISTRIES)
      if (random.next() < 0.02) policy = oneOf(POLICIES)
      if (random.next() < 0.02) model = 1 - model
      if (draw === draws / 2) templates.put([templateOf(TEXTS[0].text)])
      const t = Math.floor(random.next() * TEXTS.length)
      const { text, label } = TEXTS[t]!
      const fields = {
        label,
        ts: NOON + oneOf([0, 1, 5, 7, 11, 12, 14]) * HOUR,
        from: oneOf([PORT, PORT, PORT, PORT, '10690002', MOBILE]),
        to: oneOf(['13900001111', '13900002222', MOBILE]),
        partial: random.next() < 0.05,
        ...oneOf([{}, {}, {}, {}, { carrier: 'cmcc' }, { carrier: 'ct' }, { sp: 'B' }, { tenant: 'x' }]),
      }
      const message: AnalysedMessage = { ...messageOf(text, fields), scores: models[model]![t]! }
      const known: KnownBefore = { ...ASKED, askedBefore: oneOf([undefined, NOON - HOUR]) }
      const classifier = { thresholds: THRESHOLDS[model]! }
      const versions: JudgingVersions = { classifier, policy, registry, notices, templates }
      const kept = { ...message, memo: { judged: judged[t]! } }
      const { findings } = detect(kept, known, versions, codes)
      expect(findings).toEqual(detect(message, known, versions).findings)
      for (const { code } of findings) found.add(code)
    }
    // Nothing is proved by findings that are made each time, nor of codes that find nothing.
    expect(asked).toBeLessThan(0.9 * draws)
    expect(Math.max(...judged.map(({ length }) => length))).toBe(4)
    expect([...found].sort()).toEqual(
      expect.arrayContaining([
        'FORGED_BRAND',
        'KNOWN_TEMPLATE',
        'NO_CONSENT',
        'QUIET_HOURS',
        'SIGNATURE_UNFILED',
        'SIGNATURE_WRONG_PORT',
        'OP_OPENING',
      ]),
    )
  }, 60_000)

  it('cannot be changed', () => {
    const memo = { judged: [] as unknown[] }
    const versions = {
      classifier: { thresholds: THRESHOLDS[0]! },
      policy: POLICIES[0]!,
      registry: REGISTRIES[2]!,
    }
    const { findings } = detect(
      { ...messageOf(TEXTS[3].text, { label: 'marketing' }), memo },
      ASKED,
      versions,
    )
    expect(memo.judged.length).toBe(1)
    expect(findings.map((one) => Object.isFrozen(one) && Object.isFrozen(one.evidence))).toContain(true)
    expect(() => (findings as unknown[]).push(1)).toThrow(TypeError)
  })
})

function templateOf(text: string) {
  return {
    sketch: writtenSketch(wordSketch(readText(text))!),
    label: 'fraud' as const,
    confirmations: [{ by: 'ann', ts: NOON }],
    until: NOON + 8 * HOUR,
    source: 'local',
  }
}
