import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { agree, type JudgedCase, type Judgement, labelOf } from '../../../../src/analyst/learning/judged.ts'
import { judgedCorpus } from '../../../../src/analyst/learning/judged-corpus.ts'
import type { Alert } from '../../../../src/domain/alert.ts'
import { readCorpus } from '../../../../src/offline/training/corpus.ts'
import { allowedLabels } from '../../../../src/offline/training/plan.ts'
import { messageAlertAt, stateAlertAt } from '../../../helpers/archive-records.ts'

const AT = Date.parse('2026-11-11T10:00:00Z')
const SIX = ['notice', 'personal', 'marketing', 'finance', 'fraud', 'illicit']

/** A judged alert on a message with this text. */
function judged(text: string, over: Partial<Judgement> = {}, data: Partial<Alert['data']> = {}): JudgedCase {
  const { data: made, ...alert } = messageAlertAt(text.slice(0, 8), AT)
  const message = { ...made.message!, text }
  return {
    alert: { ...alert, data: { ...made, message, ...data } },
    judgement: { verdict: 'confirmed', by: 'lin', at: AT, ...over },
  }
}

const reason = (code: Alert['data']['reasons'][number]['code']) => ({
  reasons: [{ code, score: 1, action: 'review' as const, detail: '', evidence: {} }],
})
const FORGED = '【京东】您的商品因质量问题已下架，三倍理赔请点 https://kf88.top/a 填写收款信息'

describe('the label of a judgement', () => {
  it.each<readonly [string, Parameters<typeof judged>[1], Parameters<typeof judged>[2], string | undefined]>([
    ['confirmed forgery', {}, {}, 'fraud'],
    ['confirmed text code', {}, { ...reason('TEXT_ILLICIT'), label: 'illicit' }, 'illicit'],
    ['false positive of a text code', { verdict: 'false_positive' }, reason('TEXT_FRAUD'), 'not-fraud'],
    ['no consent confirmed', {}, { ...reason('NO_CONSENT'), label: 'finance' }, 'finance'],
    [
      'no consent denied',
      { verdict: 'false_positive' },
      { ...reason('NO_CONSENT'), label: 'finance' },
      undefined,
    ],
    ['what rests on counts', {}, { ...reason('CAMPAIGN_BURST'), label: 'marketing' }, undefined],
    ['codes that are not asked about', { codes: ['PORT_SUBLET'] }, {}, undefined],
    ['a note', { verdict: 'false_positive', note: 'their shop; label: marketing' }, {}, 'marketing'],
    ['a note in Chinese', { note: '核实，label：notice。' }, reason('CAMPAIGN_BURST'), 'notice'],
    ['a note about something else', { note: 'the label was torn' }, reason('CAMPAIGN_BURST'), undefined],
    [
      'two codes, of which the model said one',
      {},
      { reasons: [...reason('TEXT_FRAUD').reasons, ...reason('TEXT_ILLICIT').reasons], label: 'illicit' },
      'illicit',
    ],
    [
      'two codes, of which it said neither',
      {},
      { reasons: [...reason('TEXT_FRAUD').reasons, ...reason('TEXT_ILLICIT').reasons], label: 'notice' },
      undefined,
    ],
  ])('%s', (_name, said, data, label) => {
    expect(labelOf(judged(FORGED, said, data))).toBe(label)
  })

  it('knows which labels exclude each other', () => {
    expect([
      agree('fraud', 'not-illicit'),
      agree('not-fraud', 'not-illicit'),
      agree('notice', 'notice'),
    ]).toEqual([true, true, true])
    expect([agree('fraud', 'not-fraud'), agree('not-fraud', 'fraud'), agree('notice', 'fraud')]).toEqual([
      false,
      false,
      false,
    ])
  })
})

describe('a corpus of judged cases', () => {
  it('has one row a template, with who judged it last and by which model', () => {
    const corpus = judgedCorpus(
      [
        judged(FORGED),
        judged(FORGED.replace('kf88.top/a', 'kf99.top/b'), { by: 'wu', at: AT + 1000 }),
        judged(
          '【某某】今晚八点直播间满减，退订回T，更多优惠请进店看看有什么',
          {},
          { ...reason('NO_CONSENT'), label: 'marketing' },
        ),
      ],
      'omit',
    )
    expect(corpus.rows.map(({ label, cases, provenance }) => [label, cases, provenance.by])).toEqual([
      ['fraud', 2, 'wu'],
      ['marketing', 1, 'lin'],
    ])
    expect(corpus.rows[0]!.provenance).toMatchObject({
      at: '2026-11-11T10:00:01.000Z',
      verdict: 'confirmed',
      model: 'sms-zh@2',
      policy: 'p1',
      codes: ['FORGED_BRAND'],
      said: 'fraud',
    })
    expect([corpus.repeated, corpus.silent, corpus.conflicts.length]).toEqual([1, 0, 0])
  })

  it('shows no number of a note, and keeps the label that it says', () => {
    const note = 'called 138-0013-8000, code A7K9Q2; label: notice'
    const [row] = judgedCorpus([judged(FORGED, { note })], 'omit').rows
    expect([row!.label, row!.provenance.note]).toEqual([
      'notice',
      'called <number>, code <code>; label: notice',
    ])
  })

  it('leaves out what was judged in two ways, or takes the last word, and says so', () => {
    const cases = [judged(FORGED), judged(`${FORGED} `, { verdict: 'false_positive', by: 'wu', at: AT + 1 })]
    const omitted = judgedCorpus(cases, 'omit')
    expect(omitted.rows).toEqual([])
    expect(omitted.conflicts[0]!.said.map(({ label, by }) => [label, by])).toEqual([
      ['not-fraud', 'wu'],
      ['fraud', 'lin'],
    ])
    const latest = judgedCorpus(cases, 'latest')
    expect(latest.rows.map(({ label }) => label)).toEqual(['not-fraud'])
    expect(latest.conflicts).toHaveLength(1)
  })

  it('keeps the same words with the link of the brand apart', () => {
    const genuine = judged(FORGED.replace('kf88.top', 'jd.com'), { verdict: 'false_positive' })
    const corpus = judgedCorpus([judged(FORGED), genuine], 'omit')
    expect(corpus.rows.map(({ label }) => label).sort()).toEqual(['fraud', 'not-fraud'])
    expect(corpus.conflicts).toEqual([])
  })

  it('takes the messages that a state shows, and short texts by their words', () => {
    const [first, second] = [messageAlertAt('m1', AT), messageAlertAt('m2', AT)]
    const texts = [
      first,
      {
        ...second,
        data: { ...second.data, message: { ...second.data.message!, text: '加我\n微信 <code>\t有惊喜' } },
      },
    ]
    const alert = stateAlertAt(AT, 1, texts[0]!, 'sigwatch.alert.raised', [texts[1]!])
    const corpus = judgedCorpus([{ alert, judgement: { verdict: 'confirmed', by: 'lin', at: AT } }], 'omit')
    expect(corpus.rows.map(({ text, provenance }) => [text.slice(0, 6), provenance.state])).toEqual([
      ['【京东】您的', 'state-1'],
      ['加我 微信 ', 'state-1'],
    ])
    const again = judgedCorpus([judged('加我微信 <number>'), judged('加我微信<code>')], 'omit')
    expect([again.rows.length, again.repeated]).toEqual([1, 1])
  })

  it('is read by train: masks become values, and a label may say what a text is not', () => {
    const { rows } = judgedCorpus(
      [
        judged('您的贷款已到账，请加微信 <code> 或致电 <number> 领取三十万额度', {
          verdict: 'false_positive',
        }),
      ],
      'omit',
    )
    const file = join(mkdtempSync(join(tmpdir(), 'sigwatch-judged-')), 'judged.tsv')
    writeFileSync(file, rows.map(({ label, text }) => `${label}\t${text}\n`).join(''))
    const corpus = readCorpus(file)
    expect(corpus.templates).toBe(false)
    expect(corpus.rows[0]!.text).toMatch(/微信 \{\w+\} 或致电 \{\w+\} 领取/)
    expect(allowedLabels(corpus.rows[0]!.label, SIX)).toBe(0b101111)
    expect(allowedLabels('not-other', SIX)).toBe(0)
  })
})
