import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GLYPHS, WORDS } from '../../../src/text/fold-tables.ts'
import { entries, foldWords, neighbourMap, variantsOf } from '../../../src/text/fold-variants.ts'
import { normalise } from '../../../src/text/normalise.ts'
import { KINDS } from '../../../src/text/plain.ts'

const text = (s: string) => normalise(s).text
const folds = (s: string) => normalise(s).folds

describe('plain normalisation', () => {
  it('brings width, case and traditional forms to one form without counting them', () => {
    const result = normalise('ＡＰＰ　貸款３００元：開戶發票，微信 ㎡ ﷺ')
    expect(result.text).toContain('app 贷款300元:开户发票,微信 m2')
    expect(result.folded).toBe(0)
    expect(result.folds).toEqual({})
  })

  it('leaves out what has no width and counts it only inside words', () => {
    expect(text('个\u200b税 a\ufe0f\u0000b')).toBe('个税 ab')
    expect(folds('个\u200b税')).toEqual({ invisible: 1 })
    expect(folds('\ufeff你好')).toEqual({})
    expect(folds('👨‍👩‍👧 你好 ❤️')).toEqual({})
  })

  it('replaces lone surrogates and keeps pairs', () => {
    expect(text('a\ud800b\udc00')).toBe('a\ufffdb\ufffd')
    expect(text('好😀')).toBe('好😀')
  })

  it('composes marks and drops those that only deface', () => {
    expect(text('cafe\u0301')).toBe('café')
    expect(normalise('f\u0336r\u0336e\u0336e\u0336')).toMatchObject({ text: 'free', folds: { invisible: 4 } })
  })

  it('keeps line breaks and turns other control characters into spaces or nothing', () => {
    expect(text('a\r\n\tb\u0007c')).toBe('a \n bc')
  })
})

describe('folding', () => {
  it.each([
    ['审.批,贷.款,解*冻*金', '审批,贷款,解冻金', 'separator'],
    ['加 微 信 咨询', '加微信 咨询', 'separator'],
    ['房·产·抵·押', '房产抵押', 'separator'],
    ['恭*喜*中*獎', '恭喜中奖', 'separator'],
    ['【提】【供】【税】【票】', '【提供税票】', 'separator'],
    ['贷☎️款', '贷款', 'separator'],
    ['年化②.⑥', '年化2.6', 'digit'],
    ['⑨⑧⑥⓪积分', '9860积分', 'digit'],
    ['1️⃣3️⃣8️⃣', '138', 'digit'],
    ['联系一三八零零一三八零零零', '联系13800138000', 'digit'],
    ['额度5ooo元', '额度5000元', 'digit'],
    ['10O86提醒', '10086提醒', 'digit'],
    ['АРРLЕ ID', 'apple id', 'lookalike'],
    ['𝐅𝐑𝐄𝐄', 'free', 'lookalike'],
    ['your acc0unt', 'your account', 'lookalike'],
    ['V0DAF0NE', 'vodafone', 'lookalike'],
    ['get f r e e cash', 'get free cash', 'spaced'],
    ['U.S.P.S parcel', 'usps parcel', 'spaced'],
    ['银彳亍', '银行', 'split'],
    ['还钅戋', '还钱', 'split'],
    ['中囯移动', '中国移动', 'glyph'],
    ['岱款', '贷款', 'word'],
    ['代款', '贷款', 'word'],
    ['贷宽', '贷款', 'word'],
    ['dai款', '贷款', 'word'],
    ['办daikuan吗', '办贷款吗', 'word'],
    ['发嘌', '发票', 'word'],
    ['伐票', '发票', 'word'],
    ['發漂', '发票', 'word'],
    ['办㊣', '办证', 'word'],
    ['白家楽', '百家乐', 'word'],
    ['信用咔', '信用卡', 'word'],
    ['棋排', '棋牌', 'word'],
    ['zheng信', '征信', 'word'],
    ['网d', '网贷', 'word'],
    ['加徽信', '加微信', 'word'],
    ['薇♥:abc12', '微信:abc12', 'contact'],
    ['伽薇abc123', '加微信abc123', 'contact'],
    ['➕企鹅〇〇九一八七', '➕qq009187', 'contact'],
    ['速看 qgz-8。cc', '速看 qgz-8.cc', 'link'],
    ['n-flx 点 invalid', 'n-flx.invalid', 'link'],
  ])('%s is read as %s', (written, read, kind) => {
    const result = normalise(written)
    expect(result.text).toBe(read)
    expect(result.folds).toHaveProperty(kind)
    expect(result.folded).toBe(Object.values(result.folds).reduce((a, b) => a + b, 0))
  })

  it('folds what ordinary people write without counting it', () => {
    expect(normalise('到帐 登陆 扣扣 VX：abc123 加v：wang88')).toMatchObject({
      text: '到账 登录 qq 微信:abc123 加微信:wang88',
      folded: 0,
    })
  })

  it('keeps names for messengers in other company', () => {
    for (const s of [
      '树立威信',
      '卫星发射',
      '乘飞机去',
      '企鹅馆',
      '微波炉',
      '加微量元素',
      '加V认证',
      '蔷薇',
    ]) {
      expect(normalise(s)).toMatchObject({ text: s.toLowerCase(), folded: 0 })
    }
  })

  it('keeps list numbers apart from the quantities behind them', () => {
    expect(text('①10元券②早上8点前到③2张')).toBe('1 10元券2早上8点前到3 2张')
    expect(normalise('①②③任选').folded).toBe(0)
  })

  it('keeps dates, dashes, quantities and rhymes in words', () => {
    for (const s of [
      '二〇二六年',
      '2千一5万',
      '0594一2345678',
      '2025-05-01零时起',
      '一二三四五六七',
      '三三两两',
    ]) {
      expect(normalise(s)).toMatchObject({ text: s, folded: 0 })
    }
  })

  it('does not change hosts and addresses into what they imitate', () => {
    expect(text('amaz0n.com 1OO86-jf.top')).toBe('amaz0n.com 1oo86-jf.top')
    expect(text('daikuan.com a@fapiao.cn')).toBe('daikuan.com a@fapiao.cn')
  })

  it('prefers a whole word to a disguise that overlaps it', () => {
    expect(normalise('为信用卡客户').folded).toBe(0)
    expect(normalise('自己活得开心').folded).toBe(0)
    expect(normalise('金牌卖家微信语音，专家微信').folded).toBe(0)
    expect(text('聊聊，家卫星：abc123')).toBe('聊聊,加微信:abc123')
  })
})

describe('ordinary text', () => {
  it.each([
    '【招商银行】您账户1234于12月01日10:30消费人民币3.14元，余额10,086.50元。',
    '明天下午3:30开会，地点：A座 2-301，请带身份证。',
    '您好，快递到了，放在7-11门口，取件码 3-2-1034，电话138-0013-8000',
    'Meeting at 10:30 a.m., e.g. in room B-2. See https://example.com/a-b?c=1 or mail me@x.org',
    'Hi! R u free 2nite? C u @ 8. T&C apply, P.S. call me. A B C D',
    '您的積分將於年底到期，請登入會員中心兌換，謝謝。',
    '周一至周五 9:00-18:00；周末休息。洗剪吹+烫染 5折！',
    '我的微信号是 wang_2020，QQ 12345678，有事电联',
    '买一送一/第二件半价 / 满100减20 / 包邮',
    'Привет, как дела? Встретимся завтра.',
    'α版 β测试 50μm 3×4 ±5℃ 1/2',
    '老师:语文98.5 数学100 英语 A+',
    '张·李 阿里·巴巴 苏·雅',
  ])('%s is folded nowhere', (s) => {
    expect(normalise(s)).toMatchObject({ folded: 0 })
  })

  it('is folded in fewer than 2 of 1,000 hand-written notices, personal messages and advertisements', () => {
    const folder = 'corpus/writers'
    const lines = readdirSync(folder)
      .filter((f) => f.endsWith('.tsv'))
      .flatMap((f) => readFileSync(`${folder}/${f}`, 'utf8').split('\n'))
      .filter((l) => /^(notice|personal|marketing)\t/.test(l))
    const folded = lines.filter((l) => normalise(l.slice(l.indexOf('\t') + 1)).folded > 0)
    expect(lines.length).toBeGreaterThan(2500)
    expect(folded.length / lines.length).toBeLessThan(0.002)
  })
})

describe('offsets', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '贷.款',
      '①10',
      '加 徽 信',
      '\u200b',
      '钅戋',
      'f r e e',
      '。com',
      '㎡',
      '薇♥:a12',
      '𝐀',
      '\ud800',
      '一三八零零一三八',
    ),
  )

  it('lead from every code unit back to the original, in order', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const original = parts.join('')
        const { text: read, offsets } = normalise(original)
        expect(offsets.length).toBe(read.length + 1)
        expect(offsets[read.length]).toBe(original.length)
        for (let i = 0; i < read.length; i++) {
          expect(offsets[i]!).toBeLessThan(original.length)
          expect(offsets[i]!).toBeLessThanOrEqual(offsets[i + 1]!)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('point at what was replaced', () => {
    const original = '【】請看 岱 款'
    const { text: read, offsets } = normalise(original)
    const at = read.indexOf('贷款')
    expect(original.slice(offsets[at], offsets[at + 2])).toBe('岱 款')
  })

  it('have room for what follows characters that become many', () => {
    const { text, offsets } = normalise(`${'ﷺ'.repeat(400)}${'好'.repeat(1599)}完`)
    expect(text.endsWith('好好完')).toBe(true)
    expect(offsets.at(-2)).toBe(1999)
  })

  it('stay within 16 bits for the longest text', () => {
    const long = `${'字'.repeat(65_530)}贷.款🈵满`
    const { offsets } = normalise(long)
    expect(offsets.at(-1)).toBe(65_535)
    expect(normalise('ﷺ'.repeat(65_535)).text.length).toBeGreaterThan(1_000_000)
  })

  it('is linear in texts made to be slow', () => {
    const began = performance.now()
    for (const part of ['①1', '加', 'a b ', '贷.', '一二', '微', '。c', 'o0', '【提】'])
      normalise(part.repeat(20_000))
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

describe('tables', () => {
  it('hold at least 400 entries of our own, none of them an identity', () => {
    const glyphs = [...neighbourMap(GLYPHS)].flatMap(([to, from]) => from.map((f) => [f, to] as const))
    expect(glyphs.every(([from, to]) => from !== to)).toBe(true)
    expect(glyphs.length + foldWords(WORDS).length).toBeGreaterThan(400)
  })

  it('refuses an entry without its sign', () => {
    expect(() => entries('贷款', '=')).toThrow('has no =')
  })

  it('replaces at most two characters of a word', () => {
    const variants = variantsOf('甲乙丙', (c) => (c === '乙' ? ['2', '二'] : ['x']))
    expect(variants).toContain('x2丙')
    expect(variants).not.toContain('x2x')
    expect(variants).not.toContain('甲乙丙')
    expect(new Set(variants).size).toBe(variants.length)
  })

  const docs = readFileSync('docs/folding.md', 'utf8')

  it('docs list every word', () => {
    const listed = docs.split('## Words')[1]!.split(/[\n、]/)
    expect(foldWords(WORDS).length).toBeGreaterThan(400)
    for (const { word, strict } of foldWords(WORDS)) expect(listed).toContain(strict ? `${word}!` : word)
  })

  const shown = [...docs.matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)].slice(0, 12)

  it('docs show every kind of folding', () => {
    const kinds = shown.map(([, kind]) => kind)
    expect(new Set(kinds)).toEqual(new Set(KINDS))
  })

  it.each(shown.map(([, kind, written, read]) => [written!, read!, kind!] as const))(
    'docs: %s is read as %s',
    (written, read, kind) => {
      const found = normalise(written.replace('&#8203;', '\u200b'))
      expect(found.text).toBe(read)
      expect(found.folds).toHaveProperty(kind)
    },
  )
})
