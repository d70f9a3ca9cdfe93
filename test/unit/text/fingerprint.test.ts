import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readText } from '../../../src/text/read-text.ts'

const bands = (text: string, signature?: string) => readText(text, signature).bands
const shares = (a: readonly string[], b: readonly string[]) => a.some((band) => b.includes(band))

const BASE =
  '【好车行】尊敬的张三先生，您好！本店周年庆典火热进行中，全场轮胎八折起，保养套餐买二送一，电话13800138000，详情 a-b.cn/x1 回T退订'

describe('fingerprint', () => {
  it('has four bands of 8 hex digits, the same every time', () => {
    expect(bands(BASE)).toHaveLength(4)
    for (const band of bands(BASE)) expect(band).toMatch(/^[0-9a-f]{8}$/)
    expect(new Set(bands(BASE)).size).toBe(4)
    expect(bands(BASE)).toEqual(bands(BASE))
  })

  it('does not see numbers, links, names, contacts, signatures and disguise', () => {
    for (const other of [
      BASE.replace('【好车行】', '【快修店】'),
      BASE.replace('【好车行】', ''),
      BASE.replace('张三先生', '李四娃女士').replace('女士', '先生'),
      BASE.replace('13800138000', '13912345678').replace('a-b.cn/x1', 'zz9.top/q'),
      BASE.replace('保养套餐', '保·养·套·餐').replace('全场', '全\u200b场'),
    ]) {
      expect(bands(other)).toEqual(bands(BASE))
    }
    expect(bands(`加微信ab123领取${BASE}`)).toEqual(bands(`加微信zq98765领取${BASE}`))
  })

  it('shares a band when a word changes', () => {
    const words = ['火热', '全场', '轮胎', '八折', '套餐', '周年']
    const hits = words.filter((word) => shares(bands(BASE.replace(word, '超值')), bands(BASE)))
    expect(hits.length).toBeGreaterThanOrEqual(words.length - 1)
  })

  it('shares none between unrelated texts', () => {
    expect(
      shares(
        bands(BASE),
        bands('您尾号1234的储蓄卡12月1日10:30工资入账人民币5000元，活期可用余额8000元，请留意'),
      ),
    ).toBe(false)
  })

  it('is empty for texts too short to be told apart', () => {
    expect(bands('')).toEqual([])
    expect(bands('您好，在吗？13800138000')).toEqual([])
    expect(bands('哈'.repeat(100))).toEqual([])
  })

  it('works for Latin text', () => {
    const text =
      'Congratulations! You have won a prize of 1000 pounds. To claim your prize call 09061221066 now, valid 12 hours only'
    expect(bands(text)).toHaveLength(4)
    expect(bands(text.replace('1000', '5000').replace('09061221066', '09062223333'))).toEqual(bands(text))
    expect(shares(bands(text.replace('claim', 'collect')), bands(text))).toBe(true)
  })

  it('finds one word of 40 characters replaced in 9 of 10 texts, and next to no unrelated pairs', () => {
    const folder = 'corpus/writers'
    const texts = readdirSync(folder)
      .filter((f) => f.endsWith('.tsv'))
      .flatMap((f) => readFileSync(`${folder}/${f}`, 'utf8').split('\n'))
      .filter((l) => /^(marketing|finance|fraud|illicit)\t/.test(l))
      .map((l) => l.slice(l.indexOf('\t') + 1).replaceAll(/\{[a-z]+\}/g, ''))
      .filter((t) => [...t].length >= 36)
    const all = texts.map((t) => bands(t))
    let found = 0
    texts.forEach((text, i) => {
      const characters = [...text]
      const at = 8 + ((i * 7) % (characters.length - 16))
      characters.splice(at, 2, '鑫', '渊')
      if (shares(bands(characters.join('')), all[i]!)) found++
    })
    expect(texts.length).toBeGreaterThan(500)
    expect(found / texts.length).toBeGreaterThan(0.9)
    const byBand = new Map<string, number>()
    let pairs = 0
    for (const band of all.flat()) {
      pairs += byBand.get(band) ?? 0
      byBand.set(band, (byBand.get(band) ?? 0) + 1)
    }
    expect(pairs / ((texts.length * (texts.length - 1)) / 2)).toBeLessThan(0.0002)
  })
})
