import { describe, expect, it } from 'vitest'
import { knownTemplate } from '../../../../src/detection/detectors/known-template.ts'
import { TemplateIndex } from '../../../../src/detection/templates/template-index.ts'
import type { Registry } from '../../../../src/domain/registry.ts'
import { KEPT_FOR, type StoredTemplate, writtenSketch } from '../../../../src/domain/templates.ts'
import { readText } from '../../../../src/text/read-text.ts'
import { wordSketch } from '../../../../src/text/word-sketch.ts'
import {
  contextOf,
  detect,
  type MessageOptions,
  messageOf,
  NOON,
  registryOf,
  signatureRow,
} from '../../../helpers/detector-fixtures.ts'
import { noticesWith } from '../../../helpers/notice-fixtures.ts'

const CONFIRMED = '【招商银行】您尾号3308的卡于境外消费4,999.00元，如非本人操作请立即登录 cmb-zd.top 取消交易'
const COPY = '【招商银行】您尾号6610的卡在境外刷卡2,100.00元，如非本人操作请立刻登录'
const people = (...names: readonly string[]) => names.map((by) => ({ by, ts: NOON }))

function templates(more: Partial<StoredTemplate> = {}): TemplateIndex {
  const index = new TemplateIndex()
  index.put([
    {
      sketch: writtenSketch(wordSketch(readText(CONFIRMED))!),
      ...{ label: 'fraud', confirmations: people('ann'), until: NOON + KEPT_FOR, source: 'local' },
      ...more,
    },
  ])
  return index
}
const filed = registryOf({ signatures: [signatureRow('招商银行', ['1069555*'], { brand: 'cmb' })] })
const found = (
  text: string,
  options: MessageOptions = {},
  {
    registry = filed,
    known = templates(),
    notices,
  }: { registry?: Registry; known?: TemplateIndex; notices?: ReturnType<typeof noticesWith> } = {},
) =>
  detect(
    knownTemplate,
    messageOf(text, options),
    contextOf(registry, { templates: known, ...(notices ? { notices } : {}) }),
  )

describe('KNOWN_TEMPLATE', () => {
  it.each([
    ['a link', `${COPY} qx-cmb.cc/a`, 'qx-cmb.cc'],
    ['a mobile', `${COPY}或致电13812345678`, '13812345678'],
    ['a landline on a port that is not filed for the brand', `${COPY}或致电021-60931172`, '02160931172'],
    ['a handle', `${COPY}或加微信 cmb-kf99`, 'cmb-kf99'],
  ])('fires on a near copy with %s, for review', (_, text, lead) => {
    expect(found(text)).toMatchObject({
      cap: 'review',
      evidence: { label: 'fraud', people: 1, source: 'local', found: [lead] },
    })
  })

  it('may block once three people have confirmed it, and not because of a list', () => {
    const text = `${COPY} qx-cmb.cc/a`
    const capOf = (more: Partial<StoredTemplate>) => found(text, {}, { known: templates(more) })!.cap
    expect(capOf({ confirmations: people('ann', 'bob', 'cat') })).toBeUndefined()
    expect(capOf({ confirmations: people('ann', 'bob') })).toBe('review')
    expect(capOf({ confirmations: [], source: 'desk-of-cmcc' })).toBe('review')
  })

  it.each([
    ['leads to the brand alone', `${COPY} cmbchina.com 或致电95555`, {}],
    ['leads nowhere', `${COPY}手机银行`, {}],
    ['comes from a filed port of the brand', `${COPY} qx-cmb.cc/a`, { from: '10695550001' }],
    ['comes from a number of the brand', `${COPY} qx-cmb.cc/a`, { from: '95555' }],
    ['names the short number of another institution', `${COPY}或致电95123`, {}],
    ['says something else', '【招商银行】您预约的网点排号已到，请到三号窗口办理业务，详情 a-b.cc/x', {}],
  ])('does not fire on what %s', (_, text, options) => {
    expect(found(text, options)).toBeUndefined()
  })

  it('treats the landline of a branch as one of the brand if no port is filed', () => {
    const text = `${COPY}或致电021-60931172`
    expect(found(text, {}, { registry: registryOf() })).toBeUndefined()
    expect(found(text, { from: '13800002222' }, { registry: registryOf() })).toBeDefined()
  })

  it('treats what notices of the brand link to as its own', () => {
    const text = `${COPY} cmb-cards.net/a`
    expect(found(text)).toBeDefined()
    const notices = noticesWith([
      {
        text: `${COPY} cmb-cards.net/a`,
        brand: 'cmb',
        hosts: ['cmb-cards.net'],
        signature: '招商银行',
        port: '10695550001',
      },
    ])
    expect(found(text, {}, { notices })).toBeUndefined()
  })

  it('finds nothing without templates, after their end, and in a text of too few words', () => {
    const text = `${COPY} qx-cmb.cc/a`
    expect(found(text, {}, { known: new TemplateIndex() })).toBeUndefined()
    expect(found(text, {}, { known: templates({ until: NOON - 1 }) })).toBeUndefined()
    for (const bad of ['', 'http://', '【招商银行】', 'a-b.cc']) expect(found(bad)).toBeUndefined()
  })
})
