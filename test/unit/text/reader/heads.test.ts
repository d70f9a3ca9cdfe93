import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { saveHeads } from '../../../../scripts/heads/save.ts'
import { HEADS, type Head, type HeadReading } from '../../../../src/domain/heads.ts'
import { MALICE_FLOOR } from '../../../../src/domain/labels.ts'
import { openClassifier } from '../../../../src/text/reader/classifier.ts'
import { type Heads, openHeads } from '../../../../src/text/reader/heads.ts'
import { modelInput } from '../../../../src/text/reader/text-model.ts'
import { Tokenizer } from '../../../../src/text/reader/tokenizer.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

const SHIPPED = join(import.meta.dirname, '../../../../models/sms-zh/4')
const TOKENIZER = { bits: 8, grams: 2, words: 2 } as const

const read = (heads: Heads, text: string) => heads.read(modelInput(text))
const flat = ({ asks, tone, speaks, warns }: HeadReading): Record<Head, number> => ({
  ...asks,
  ...tone,
  ...speaks,
  warns,
})

describe('heads of a folder', () => {
  const folder = useFolder()

  /** Heads whose table has another value in every cell. */
  function made(name: string) {
    const dir = folder.file(name)
    mkdirSync(dir)
    const table = Float32Array.from({ length: 256 * HEADS.length }, (_, i) => Math.sin(i) * (1 + (i % 3)))
    const bias = HEADS.map((_, k) => k / 10 - 0.7)
    saveHeads(dir, { tokenizer: TOKENIZER, table, bias })
    return { dir, table, bias }
  }

  it('give the logistic of the mean of what the features of a text weigh', () => {
    const { dir, table, bias } = made('sum')
    const text = '请把验证码发给我 call me'
    const tokenizer = new Tokenizer(TOKENIZER)
    const { normalised, original } = modelInput(text)
    tokenizer.read(normalised, original)
    const rows = [...tokenizer.rows.subarray(0, tokenizer.count)]
    const given = flat(read(openHeads(dir)!, text))
    for (const [k, head] of HEADS.entries()) {
      const sum = rows.reduce((total, row) => total + table[row * HEADS.length + k]!, 0)
      const expected = 1 / (1 + Math.exp(-(sum / Math.sqrt(rows.length) + bias[k]!)))
      // Rounded to bytes, half a step of each feature at most.
      expect(Math.abs(given[head] - expected)).toBeLessThan((3 / 254) * Math.sqrt(rows.length) * 0.25)
    }
  })

  it('are none where the folder has no heads.json', () => {
    const dir = folder.file('none')
    mkdirSync(dir)
    expect(openHeads(dir)).toBeUndefined()
  })

  const change = (key: string, value: unknown) => (dir: string) => {
    const file = join(dir, 'heads.json')
    const description = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...description, [key]: value }))
  }
  it.each<[string, (dir: string) => void, RegExp]>([
    ['no JSON', (dir) => writeFileSync(join(dir, 'heads.json'), '{'), /heads\.json: is not JSON/],
    ['null', (dir) => writeFileSync(join(dir, 'heads.json'), 'null'), /must be sigwatch-heads of format/],
    ['a later format', change('formatVersion', 2), /must be sigwatch-heads of format version 1/],
    ['other heads', change('heads', ['payment']), /must have the heads payment, secret/],
    ['a bias too few', change('bias', [1, 2]), /must have 15 numbers as scale and bias/],
    ['no tokenizer', change('tokenizer', {}), /settings of a tokenizer of one bag/],
    ['another tokenizer', change('tokenizer', { bits: 9, grams: 2, words: 2 }), /weights\.bytes/],
    [
      'cut weights',
      (dir) => writeFileSync(join(dir, 'heads.bin'), readFileSync(join(dir, 'heads.bin')).subarray(1)),
      /heads\.bin: holds 3839 bytes, not the 3840 of heads\.json/,
    ],
    ['other weights', (dir) => writeFileSync(join(dir, 'heads.bin'), Buffer.alloc(3840)), /is damaged/],
  ])('are refused with %s', (name, damage, message) => {
    const { dir } = made(name.replaceAll(' ', '-'))
    damage(dir)
    expect(() => openHeads(dir)).toThrow(message)
  })

  it('are refused without their weights', () => {
    const dir = folder.file('alone')
    mkdirSync(dir)
    cpSync(join(SHIPPED, 'heads.json'), join(dir, 'heads.json'))
    expect(() => openHeads(dir)).toThrow(/heads\.bin: cannot be read \(ENOENT\)/)
  })
})

/** Texts that have a head next to texts that share words with them and do not. */
const PLAIN: readonly (readonly [Head, string, string])[] = [
  [
    'payment',
    '您好，请先把保证金2000元转到这个账户6217001234567890123，马上办理',
    '【工商银行】您尾号1234的卡于3月5日收到工资8000元，余额9000元。',
  ],
  [
    'secret',
    '请点击链接填写银行卡号、密码和短信验证码完成认证 http://ab-cd.top',
    '妈，我到学校了，晚上给你打电话',
  ],
  ['app', '请下载会议软件并打开屏幕共享，客服一步步教您关闭', '您的快递已放在3号柜，取件码123456。'],
  ['contact', '兼职刷单日结，想做的加微信abc12345', '【顺丰】您的快件已签收，感谢使用。'],
  ['call', '名额有限，详情请致电 13812345678 李经理', '您的验证码是123456，5分钟内有效。'],
  ['link', '您的积分即将到期，请登录 http://jf-abc.top/x 兑换', '今晚七点老地方吃饭，别迟到'],
  ['lure', '恭喜您中奖，获得奖金98000元和笔记本电脑一台', '明天上午停水，请提前储水。'],
  ['pressure', '您的账户今天到期，24小时内不处理将停用', '图书馆周末照常开放。'],
  ['threat', '不还钱就到法院起诉你，冻结全部账户，列入失信名单', '祝您生日快乐，万事如意。'],
  ['brand', '【京东】您的订单已发货，预计明天送达。', '哥，晚上回来吃饭吗'],
  ['office', '【市公安局】您的居住证已制作完成，请到派出所领取。', '亲，本店新到羊毛衫，欢迎光临'],
  ['person', '妈，我手机没电了，晚点给你回电话', '【招商银行】您的信用卡账单已出。'],
  ['shop', '本店新开业，烧烤八折，欢迎新老顾客光临', '【公积金中心】您的提取申请已审核通过。'],
  ['warns', '近期有人冒充客服诈骗，请勿转账，谨防上当受骗', '您的快递到了，请到驿站取。'],
]

describe('the shipped heads', () => {
  const heads = openHeads(SHIPPED)!

  it.each(PLAIN)('tell %s', (head, is, isNot) => {
    expect(flat(read(heads, is))[head]).toBeGreaterThan(0.5)
    expect(flat(read(heads, isNot))[head]).toBeLessThan(0.5)
  })

  it('find more replies among texts that ask for one', () => {
    const asks = ['回复1了解详情，客户经理马上联系您', '请回复“是”确认，回复“否”取消']
    const other = ['您的话费余额为23元。', '退订回T，本店新品上市']
    const of = (text: string) => read(heads, text).asks.reply
    expect(Math.min(...asks.map(of))).toBeGreaterThan(Math.max(...other.map(of)))
  })

  it('are read by the classifier from its own features, of texts that may be malicious', async () => {
    const classifier = await openClassifier({ dir: SHIPPED, backend: 'wasm' })
    const texts = [...PLAIN.map(([, text]) => text), ...PLAIN.map(([, , text]) => text)].map(modelInput)
    const found: (HeadReading | undefined)[] = []
    const scores = classifier.classify(texts, found)
    classifier.close()
    const may = scores.map(({ fraud, illicit }) => fraud + illicit >= MALICE_FLOOR)
    expect(new Set(may)).toEqual(new Set([true, false]))
    expect(texts.map((_, i) => found[i])).toEqual(
      texts.map((text, i) => (may[i] ? heads.read(text) : undefined)),
    )
  })

  it('are none of a classifier without them', async () => {
    const classifier = await openClassifier({ dir: join(SHIPPED, '../1'), backend: 'wasm' })
    const found: (HeadReading | undefined)[] = []
    classifier.classify(
      PLAIN.map(([, text]) => modelInput(text)),
      found,
    )
    classifier.close()
    expect(found).toEqual([])
  })

  it('say the same of a text whatever was read before', () => {
    const first = read(heads, PLAIN[0]![1])
    read(heads, PLAIN[1]![1])
    expect(read(heads, PLAIN[0]![1])).toEqual(first)
  })
})
