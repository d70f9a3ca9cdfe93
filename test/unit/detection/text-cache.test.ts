import { describe, expect, it } from 'vitest'
import { classify } from '../../../src/detection/classify.ts'
import { messageOf } from '../../../src/detection/message-of.ts'
import { readMessage } from '../../../src/detection/read-message.ts'
import { TextCache } from '../../../src/detection/text-cache.ts'
import { readText } from '../../../src/text/read-text.ts'

const OFFER = '【好车行】保养八折，详情 a-b.top/x 退订回T'

describe('TextCache', () => {
  it('keeps a text from its second sight on', () => {
    const texts = new TextCache()
    const first = texts.read(OFFER, undefined)
    const second = texts.read(OFFER, undefined)
    expect(first.reading).toEqual(readText(OFFER))
    expect(texts.read(OFFER, undefined)).toBe(second)
    expect(texts.takeUse()).toEqual({ hits: 1, misses: 2, entries: 1 })
    expect(texts.takeUse()).toEqual({ hits: 0, misses: 0, entries: 1 })
  })

  it('distinguishes records that name another signature, or none', () => {
    const texts = new TextCache()
    for (let i = 0; i < 3; i++) {
      expect(texts.read(OFFER, '快修店').reading.signature?.name).toBe('快修店')
      expect(texts.read(OFFER, undefined).reading.signature?.name).toBe('好车行')
    }
  })

  it('never confuses two pairs, however their strings are joined', () => {
    const texts = new TextCache()
    for (let i = 0; i < 3; i++) {
      expect(texts.read('b\0验证码', 'a').reading).toEqual(readText('b\0验证码', 'a'))
      expect(texts.read('验证码', 'a\0b').reading).toEqual(readText('验证码', 'a\0b'))
      expect(texts.read('a\0验证码', undefined).reading).toEqual(readText('a\0验证码'))
      expect(texts.read('验证码', 'a').reading).toEqual(readText('验证码', 'a'))
    }
  })

  it('reads a text by another that differs in free numbers alone', () => {
    const texts = new TextCache()
    const codes = ['204817', '381120', '774401', '204817']
    for (const code of codes) {
      const text = `【美团】验证码${code}，切勿转发`
      expect(texts.read(text, undefined).reading).toEqual(readText(text))
    }
    expect(texts.takeUse()).toEqual({ hits: 2, misses: 2, entries: 1 })
  })

  it('keeps each of those whose numbers matter', () => {
    const texts = new TextCache()
    for (let i = 0; i < 3; i++)
      for (const path of ['12', '345', '678'])
        expect(texts.read(`详情 a-b.cn/${path}`, undefined).reading.urls).toMatchObject([
          { path: `/${path}` },
        ])
    expect(texts.takeUse().hits).toBeGreaterThan(0)
  })

  it('is bounded by texts, and keeps those that come again', () => {
    const texts = new TextCache({ entries: 4, bytes: 1e9 })
    const known = texts.read(OFFER, undefined) && texts.read(OFFER, undefined)
    for (let i = 0; i < 100; i++) {
      for (let k = 0; k < 2; k++) texts.read(`您的座位是${i}f`, undefined)
      expect(texts.read(OFFER, undefined)).toBe(known)
    }
    expect(texts.takeUse().entries).toBeLessThanOrEqual(8)
  })

  it('is bounded by bytes', () => {
    const texts = new TextCache({ entries: 1_000, bytes: 100_000 })
    for (let i = 0; i < 100; i++) {
      for (let k = 0; k < 2; k++) texts.read(`${i}${'长'.repeat(1_000)}`, undefined)
    }
    expect(texts.takeUse().entries).toBeLessThanOrEqual(2 * 10)
  })
})

describe('messages that share a text', () => {
  const position = { topic: 't', partition: 0, offset: 0 }
  const read = (id: string, texts: TextCache, text = OFFER) => {
    const record = { id, ts: 0, from: '1', to: id, text, blocked: false, value: Buffer.from('') }
    return readMessage(messageOf(record, position, 0), (to) => `1.${to}`, texts)
  }
  const classifierOf = (marketing: number, readsNumbersByShape = false) => {
    const asked: string[] = []
    const scores = { notice: 1 - marketing, personal: 0, marketing, finance: 0, fraud: 0, illicit: 0 }
    const half = { notice: 0.5, personal: 0.5, marketing: 0.5, finance: 0.5, fraud: 0.5, illicit: 0.5 }
    return {
      thresholds: half,
      readsNumbersByShape,
      asked,
      classify: (some: readonly { readonly original: string }[]) => {
        asked.push(...some.map(({ original }) => original))
        return some.map(() => scores)
      },
    }
  }

  it('are scored once by a classifier, and again by the next', () => {
    const texts = new TextCache()
    const first = classifierOf(0.9)
    classify([read('a', texts), read('b', texts)], first)
    const [third] = classify([read('c', texts)], first)
    expect(first.asked).toHaveLength(2)
    expect(third).toMatchObject({ label: 'marketing', commercial: true, malicious: false, toToken: '1.c' })
    const next = classifierOf(0.1)
    const [fourth] = classify([read('d', texts)], next)
    expect(next.asked).toHaveLength(1)
    expect(fourth).toMatchObject({ label: 'notice', commercial: false })
    expect(third).toMatchObject({ label: 'marketing', commercial: true })
  })

  it.each([
    ['once', 'reads numbers by their shape', true, 2],
    ['each', 'reads their digits', false, 4],
  ])('are scored %s when their numbers differ and the classifier %s', (_, __, byShape, times) => {
    const texts = new TextCache()
    const classifier = classifierOf(0.9, byShape)
    for (const code of ['204817', '381120', '774401', '550912'])
      classify([read(code, texts, `【美团】验证码${code}，切勿转发`)], classifier)
    expect(classifier.asked).toHaveLength(times)
  })
})
