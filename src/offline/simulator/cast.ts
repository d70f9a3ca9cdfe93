import { given } from '../../domain/given.ts'
import type { Random } from './random.ts'
import type { FamilyName } from './texts.ts'

/** A lawful sender: its texts, its ports and its share of the traffic. */
export interface Sender {
  readonly signature: string
  /** Ports that it sends from, all covered by its filing. */
  readonly ports: readonly string[]
  readonly prefix: string
  readonly sp: string
  readonly brand?: string
  readonly official?: string
  readonly scope: readonly ('notice' | 'marketing' | 'finance')[]
  /** Text families with their relative frequency. */
  readonly says: readonly (readonly [FamilyName, number])[]
  /** Relative share of all messages. */
  readonly weight: number
  /** Port patterns filed for it in addition to its prefix. */
  readonly alsoPorts?: readonly string[]
  readonly consent?: 'required'
  /** Declared campaigns, times in epoch ms. */
  readonly campaigns?: readonly { readonly from: number; readonly to: number; readonly perMinute: number }[]
  /** Status of its filing; absent if in force. */
  readonly status?: 'suspended' | 'revoked'
}

interface Role {
  readonly names: readonly (readonly [signature: string, brand?: string, official?: string])[]
  readonly scope: Sender['scope']
  readonly says: Sender['says']
  /** Weight of the first one; the others follow Zipf's law. */
  readonly weight: number
}

const ROLES: readonly Role[] = [
  {
    names: [
      ['京东', 'jd', 'https://3.cn/1a-Zk9'],
      ['淘宝', 'taobao', 'https://m.taobao.com/s'],
      ['天猫', 'tmall', 'https://www.tmall.com/11'],
      ['拼多多', 'pdd', 'https://mobile.yangkeduo.com/a'],
      ['唯品会', 'vip', 'https://m.vip.com/q'],
      ['苏宁易购', 'suning', 'https://m.suning.com/e'],
    ],
    scope: ['notice', 'marketing'],
    says: [
      ['order', 5],
      ['otp', 2],
      ['shopMarketing', 5],
    ],
    weight: 60,
  },
  {
    names: [
      ['工商银行', 'icbc', 'https://www.icbc.com.cn'],
      ['建设银行', 'ccb', 'https://www.ccb.com'],
      ['招商银行', 'cmb', 'https://www.cmbchina.com'],
      ['农业银行', 'abc', 'https://www.abchina.com'],
      ['中国银行', 'boc', 'https://www.boc.cn'],
      ['平安银行', 'pingan', 'https://bank.pingan.com'],
    ],
    scope: ['notice', 'finance'],
    says: [
      ['bank', 12],
      ['otp', 5],
      ['financeMarketing', 2],
    ],
    weight: 70,
  },
  {
    names: [
      ['顺丰速运', 'sf', 'https://www.sf-express.com'],
      ['中通快递', 'zto', 'https://www.zto.com'],
      ['圆通速递', 'yto', 'https://www.yto.net.cn'],
      ['菜鸟驿站'],
    ],
    scope: ['notice'],
    says: [['courier', 1]],
    weight: 50,
  },
  {
    names: [
      ['中国移动', 'cmcc', 'https://www.10086.cn'],
      ['中国联通', 'unicom', 'https://www.10010.com'],
      ['中国电信', 'ctcc', 'https://www.189.cn'],
    ],
    scope: ['notice', 'marketing'],
    says: [['carrier', 1]],
    weight: 40,
  },
  {
    names: [['上海发布'], ['杭州交警'], ['社保服务'], ['税务局'], ['疾控中心'], ['住建局'], ['国家反诈中心']],
    scope: ['notice'],
    says: [['government', 1]],
    weight: 12,
  },
  {
    names: [['实验小学'], ['第二中学'], ['市人民医院'], ['妇幼保健院'], ['大学教务处'], ['阳光幼儿园']],
    scope: ['notice'],
    says: [['school', 1]],
    weight: 8,
  },
  {
    names: [
      ['支付宝', 'alipay', 'https://www.alipay.com'],
      ['滴滴出行', 'didi'],
      ['美团', 'meituan'],
      ['钉钉'],
      ['哔哩哔哩'],
      ['知乎'],
      ['高德地图'],
    ],
    scope: ['notice'],
    says: [['otp', 1]],
    weight: 45,
  },
]

const SHOP_FIRST = [
  '悦',
  '禾',
  '臻',
  '优',
  '乐',
  '清',
  '木',
  '橙',
  '北',
  '南',
  '瑞',
  '嘉',
  '沐',
  '星',
  '朵',
  '千',
]
const SHOP_SECOND = ['品', '尚', '味', '活', '享', '风', '森', '禾', '屿', '光', '澜', '颜', '堂', '里']
const SHOP_KIND = [
  '生活馆',
  '健身',
  '口腔',
  '教育',
  '烘焙',
  '家居',
  '服饰',
  '影院',
  '超市',
  '美容',
  '汽车',
  '地产',
]

/** An invented shop name that is not a brand. */
export function shopName(random: Random): string {
  return random.pick(SHOP_FIRST) + random.pick(SHOP_SECOND) + random.pick(SHOP_KIND)
}

/** The lawful senders of the simulated carrier: known brands, and small shops as a long tail. */
export function createCast(random: Random, shops = 110): Sender[] {
  const cast: Sender[] = []
  let number = 0
  const add = (
    signature: string,
    weight: number,
    role: Pick<Role, 'scope' | 'says'>,
    brand?: string,
    official?: string,
  ) => {
    const prefix = `1069${String(10_000 + number).padStart(5, '0')}`
    const count = weight > 20 ? 4 : weight > 5 ? 2 : 1
    cast.push({
      signature,
      prefix,
      ports: Array.from({ length: count }, (_, i) => `${prefix}${String(i + 1).padStart(3, '0')}`),
      sp: `SP${1000 + (number % 23)}`,
      scope: role.scope,
      says: role.says,
      weight,
      ...given({ brand, official }),
    })
    number++
  }
  for (const role of ROLES) {
    role.names.forEach(([signature, brand, official], i) => {
      add(signature, role.weight / (i + 1), role, brand, official)
    })
  }
  const taken = new Set(cast.map((sender) => sender.signature))
  while (cast.length < shops + taken.size && cast.length < 5000) {
    const name = shopName(random)
    if (cast.some((sender) => sender.signature === name)) continue
    const rank = cast.length - taken.size + 1
    add(name, 30 / (rank + 3), {
      scope: ['notice', 'marketing'],
      says: [
        ['localMarketing', 3],
        ['order', 1],
      ],
    })
  }
  return cast
}

export function named(cast: readonly Sender[], signature: string): Sender {
  const sender = cast.find((one) => one.signature === signature)
  if (!sender) throw new TypeError(`no sender ${signature} in the cast`)
  return sender
}

export function shopsOf(cast: readonly Sender[]): Sender[] {
  return cast.filter((sender) => sender.says[0]![0] === 'localMarketing')
}

/** The registry file that corresponds to the cast. */
export function registryOf(cast: readonly Sender[]): object {
  const portsOf = ({ prefix, alsoPorts = [] }: Sender) => [`${prefix}*`, ...alsoPorts]
  return {
    signatures: cast.map((sender) => {
      const { signature, brand, sp, scope, status, consent, campaigns } = sender
      const filing = { sp, ports: portsOf(sender), scope }
      return {
        name: signature,
        ...given({ brand }),
        ...(status === undefined ? filing : { filings: [{ ...filing, status }] }),
        ...given({ consent, campaigns: campaigns?.map(declared) }),
      }
    }),
    ports: cast.flatMap((sender) => portsOf(sender).map((port) => ({ port, sp: sender.sp, sharedBy: 1 }))),
  }
}

function declared({ from, to, perMinute }: NonNullable<Sender['campaigns']>[number]): object {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), perMinute }
}
