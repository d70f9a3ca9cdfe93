import { expect, it } from 'vitest'
import { Random } from '../../src/offline/simulator/random.ts'
import { embedded, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { recipient } from './fixtures/registry.ts'

/** Some of the enterprises of a case, all on ports that are filed for their signatures. */
interface Course {
  readonly does: string
  /** Of the n-th enterprise. */
  readonly signature: (n: number) => string
  readonly enterprises: number
  readonly text: (n: number, random: Random) => string
  readonly raised: boolean
  readonly declared?: true
  /** Runs separately: with others in the same wordings it would form one campaign. */
  readonly alone?: true
}

const FIRST = [...'德鸿锦泰凯祥盛昌']
const SECOND = [...'禄邦润诚宏安']
const company = (kind: string) => (n: number) => `${FIRST[n % 8]}${SECOND[Math.floor(n / 8)]}${kind}`
const BRANCHES = [...'东西南北中上下前后左右内外新老大'].flatMap((side) => [`${side}城店`, `${side}街分店`])

const WORDINGS = [
  '店里盘货，电动车半价骑走，旧车抵价，咨询',
  '驾校寒假班开班，随到随学，班车接送，报名',
  '装修找我，免费量房出图，水电按实结算，热线',
  '摄影工作室全家福特惠，含服装化妆，底片全送，预约',
  '本月购酒两箱送一箱，酱香老酒厂价直供，订购',
  '宠物洗护次卡十次七折，新客再送驱虫，联系',
]

const COURSES: readonly Course[] = [
  {
    does: 'one text with numbered hosts',
    signature: company('商贸'),
    enterprises: 36,
    text: (n, random) =>
      `年中会员狂欢，满${random.int(2, 9)}00立减，精选好货五折起，限量礼盒先到先得，立即抢购 gz${n}.top/a${random.digits(3)} 拒收请回复R`,
    raised: true,
  },
  {
    does: 'one text, and a number for each',
    signature: company('优品'),
    enterprises: 36,
    text: (n, random) =>
      `本季新款皮具清仓，全场${random.int(2, 5)}折，厂家直发支持货到付款，订购热线 137${20_000_000 + n * 137_771} 退订回T`,
    raised: true,
  },
  {
    does: 'one text, and a handle for each',
    signature: company('严选'),
    enterprises: 36,
    text: (n, random) =>
      `品牌美妆内部价，小样正装一起带走，${random.int(2, 9)}9元任选三件，加微信 ${['mz', 'kt', 'hb'][n % 3]}x${2_000 + n * 17} 了解详情，拒收回R`,
    raised: true,
  },
  {
    does: 'one mobile in six wordings',
    signature: company('服饰'),
    enterprises: 36,
    text: (_, random) => `${random.pick(WORDINGS)} 13855512121，退订回T`,
    raised: true,
  },
  {
    does: 'four numbered cheap hosts in six wordings',
    signature: company('电器'),
    enterprises: 36,
    text: (n, random) => `${random.pick(WORDINGS)} qhd${n % 4}.top 退订回T`,
    raised: true,
    alone: true,
  },
  {
    does: 'one cheap host in six wordings',
    signature: company('文具'),
    enterprises: 36,
    text: (_, random) => `${random.pick(WORDINGS)} lvyoumi.top 退订回T`,
    raised: true,
    alone: true,
  },
  {
    does: 'shell companies of one city with one mobile',
    signature: (n) => `上海${company('培训中心')(n)}`,
    enterprises: 36,
    text: (_, random) => `${random.pick(WORDINGS)} 13955512345，退订回T`,
    raised: true,
    alone: true,
  },
  {
    does: 'shops of one platform under a cheap suffix',
    signature: company('水果'),
    enterprises: 30,
    text: (n, random) => `${random.pick(WORDINGS)}请到 h5.weidianpu.cc/s${n} 退订回T`,
    raised: false,
    alone: true,
  },
  {
    does: 'a chain that advertises, each branch with its own number',
    signature: (n) => `湘里人家${BRANCHES[n]}`,
    enterprises: 30,
    text: (n, random) =>
      `会员日到店消费满${random.int(1, 9)}00元赠招牌小炒肉一份，欢迎光临，订位电话 0731-8${4_000_000 + n * 7_919}，退订回T`,
    raised: false,
  },
  {
    does: 'a chain that closes earlier',
    signature: (n) => `蜀香小馆${BRANCHES[n]}`,
    enterprises: 30,
    text: (n) =>
      `尊敬的会员，因设备检修本店明日营业时间调整为11点至20点，如有疑问请致电 028-8${4_000_000 + n * 7_919}。`,
    raised: false,
  },
  {
    does: 'a warning by many offices',
    signature: company('气象局'),
    enterprises: 36,
    text: () =>
      '今天夜间到明天白天有暴雨，局部大暴雨，伴有雷电大风，请注意防范城市内涝和山洪地质灾害，详询12121或关注 qx.sd.gov.cn',
    raised: false,
  },
  {
    does: 'a sale that was declared',
    signature: company('家居'),
    enterprises: 36,
    text: (_, random) =>
      `双十二联合大促，全场低至${random.int(3, 7)}折，满300减${random.int(3, 9)}0，预售开启 hui12.com/s${random.digits(2)} 退订回T`,
    raised: false,
    declared: true,
  },
  {
    does: 'shops of one platform',
    signature: company('食品'),
    enterprises: 30,
    text: (_, random) => `${random.pick(WORDINGS)}请到 h5.youzan.com/v2/goods/${random.digits(6)} 退订回T`,
    raised: false,
  },
]

const folder = useFolder()

const TOGETHER = COURSES.filter(({ alone }) => !alone)
const RUNS = [
  { name: 'what differs in its wording', courses: TOGETHER },
  ...COURSES.filter(({ alone }) => alone).map((course) => ({ name: course.does, courses: [course] })),
]

it.each(RUNS)(
  'CAMPAIGN_BURST on filed senders finds each snowshoe, and nothing that many may say alike: $name',
  async ({ courses }) => {
    const random = new Random(11)
    const signatures: object[] = []
    const messages: Sms[] = []
    for (const [i, course] of courses.entries()) {
      for (let n = 0; n < course.enterprises; n++) {
        const name = course.signature(n)
        const port = `10692${String(i * 100 + n).padStart(5, '0')}`
        const campaigns = [{ from: '2026-11-01T00:00+08:00', to: '2026-11-12T00:00+08:00', perMinute: 500 }]
        const own = { name, ports: [`${port}*`], scope: ['notice', 'marketing', 'finance'] }
        signatures.push(course.declared ? { ...own, campaigns } : own)
        for (let k = 0; k < 6; k++) {
          messages.push({
            id: `${i}-${n}-${k}`,
            ts: NOON + Math.floor(random.next() * 25 * MINUTE),
            from: `${port}01`,
            to: recipient(messages.length),
            text: `【${name}】${course.text(n, random)}`,
          })
        }
      }
    }
    const out = await embedded(folder.path, {
      messages: messages.toSorted((a, b) => Number(a.ts) - Number(b.ts)),
      registry: { signatures },
      now: NOON + HOUR,
    })
    const raised = out
      .states('CAMPAIGN_BURST')
      .filter(({ type }) => type === 'sigwatch.alert.raised')
      .map(({ data, time }) => ({
        id: data.state!.id,
        signatures: data.reasons[0]!.evidence.signatures as readonly string[],
        after: (Date.parse(time) - NOON) / MINUTE,
      }))
    for (const [i, { does, signature, enterprises, raised: due }] of courses.entries()) {
      const own = new Set(Array.from({ length: enterprises }, (_, n) => signature(n)))
      const found = raised.filter((one) => one.signatures.some((name) => own.has(name)))
      expect(found.length > 0, does).toBe(due)
      const [first] = found
      if (first === undefined) continue
      expect(first.after, does).toBeLessThan(12)
      // What is found selects messages like those that it was found by.
      const covered = messages.filter(
        ({ id }) => id.startsWith(`${i}-`) && out.verdicts.get(id)!.states.includes(first.id),
      )
      expect(covered.length, does).toBeGreaterThan((enterprises * 6) / 4)
    }
  },
  120_000,
)
