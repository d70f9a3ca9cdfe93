import { describe, expect, it } from 'vitest'
import { TemplateIndex } from '../../../../src/detection/templates/template-index.ts'
import { type StoredTemplate, writtenSketch } from '../../../../src/domain/templates.ts'
import { readText } from '../../../../src/text/read-text.ts'
import { SLOTS, wordSketch } from '../../../../src/text/word-sketch.ts'
import { messageOf, NOON } from '../../../helpers/detector-fixtures.ts'

const NOTICE = '您的快递因地址不详无法派送，请点击链接更新收货信息并支付运费'
const COPY = '您的包裹因地址不详无法派送，请登录网页更新收货信息并补缴运费'
const OTHER = '今晚七点老地方见，记得带上上次借的那本书，别迟到了'

const templateOf = (text: string, more: Partial<StoredTemplate> = {}): StoredTemplate => ({
  sketch: writtenSketch(wordSketch(readText(text))!),
  label: 'fraud',
  confirmations: [{ by: 'ann', ts: NOON }],
  until: NOON + 1_000,
  source: 'local',
  ...more,
})
const random = (seed: number) => {
  let state = seed
  return Uint8Array.from({ length: SLOTS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

describe('the templates of a process', () => {
  it('are found by near copies, and by no other text', () => {
    const index = new TemplateIndex()
    index.put([templateOf(NOTICE)])
    expect(index.nearest(messageOf(COPY))?.template.sketch).toBe(templateOf(NOTICE).sketch)
    expect(index.nearest(messageOf(NOTICE))?.similarity).toBe(1)
    for (const text of [OTHER, '', '好']) expect(index.nearest(messageOf(text))).toBeUndefined()
  })

  it('hold until their end, by the time of the message', () => {
    const index = new TemplateIndex()
    index.put([templateOf(NOTICE)])
    expect(index.nearest(messageOf(COPY, { ts: NOON + 1_000 }))).toBeDefined()
    expect(index.nearest(messageOf(COPY, { ts: NOON + 1_001 }))).toBeUndefined()
  })

  it('change for a text that was looked up before', () => {
    const index = new TemplateIndex()
    index.put([templateOf(OTHER)])
    const message = messageOf(COPY)
    expect(index.nearest(message)).toBeUndefined()
    index.put([templateOf(NOTICE)])
    expect(index.nearest(message)).toBeDefined()
    index.put([templateOf(NOTICE, { label: 'illicit' })])
    expect(index.nearest(message)?.template.label).toBe('illicit')
    index.put([templateOf(NOTICE, { removed: NOON })])
    expect(index.nearest(message)).toBeUndefined()
    expect(index.size).toBe(1)
  })

  it('give the one that is most like', () => {
    const index = new TemplateIndex()
    index.put([templateOf(COPY), templateOf(NOTICE)])
    expect(index.near(wordSketch(readText(NOTICE))!).map(({ template }) => template.sketch)).toEqual([
      templateOf(NOTICE).sketch,
      templateOf(COPY).sketch,
    ])
  })

  it('leave out what cannot be read', () => {
    const index = new TemplateIndex()
    index.put([templateOf(NOTICE, { sketch: 'w9:x' })])
    expect(index.size).toBe(0)
  })

  it('are bounded, and are found among as many as may be held', () => {
    const most = 2_000
    const index = new TemplateIndex(most)
    const many = Array.from({ length: most + 100 }, (_, i) =>
      templateOf(NOTICE, { sketch: writtenSketch(random(i + 1)), until: NOON + i }),
    )
    index.put([...many, templateOf(NOTICE, { until: NOON + 10 * most })])
    expect(index.size).toBe(most)
    expect(index.get(many[0]!.sketch)).toBeUndefined()
    expect(index.get(many.at(-1)!.sketch)).toBeDefined()
    expect(index.nearest(messageOf(COPY))).toBeDefined()
    // Their places are used again.
    index.put(many.map((one) => ({ ...one, removed: NOON })))
    expect(index.size).toBe(1)
    expect(index.nearest(messageOf(COPY))).toBeDefined()
  })
})
