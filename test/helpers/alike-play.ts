import { campaignBurst } from '../../src/detection/detectors/campaign-burst.ts'
import { buildRegistry } from '../../src/detection/registry/registry-index.ts'
import { openNotices } from '../../src/detection/versions/sample-notices.ts'
import { openAlike } from '../../src/detection/versions/shipped-trades.ts'
import type { Signal } from '../../src/domain/decision.ts'
import type { SignalContext } from '../../src/domain/detector.ts'
import type { FeatureStore } from '../../src/domain/feature-store.ts'
import type { Label } from '../../src/domain/labels.ts'
import { Random } from '../../src/offline/simulator/random.ts'
import { Rates } from '../../src/pipeline/rate.ts'
import { memoryFeatureStore } from '../../src/stores/rates/memory.ts'
import { type Wordings, wordingOf, wordingsIn } from './campaigns.ts'
import { messageOf, shippedBrands } from './detector-fixtures.ts'
import { policy } from './signal-context.ts'

const NOON = Date.UTC(2026, 10, 11, 4)
const MINUTE = 60_000

const FIRST = [...'德鸿锦泰凯祥盛昌永兴佳恒']
const SECOND = [...'禄邦润诚宏安瑞达丰源信']
/** Suffixes of enterprise names: one per trade; `NEUTRAL` ones fit any trade. */
export const TRADES = [
  '律师事务所',
  '瓷砖',
  '茶业',
  '口腔门诊',
  '汽车服务',
  '家政',
  '物流',
  '培训学校',
  '婚纱摄影',
  '宠物店',
] as const
export const NEUTRAL = ['商贸', '优品', '生活馆'] as const
export const CLOTHES = ['服饰', '女装', '鞋业', '内衣'] as const
export const DENTISTS = ['口腔', '口腔门诊', '牙科'] as const

/** A distinct enterprise name for each number, cycling through the suffixes. */
export const named = (kinds: readonly string[]) => (n: number) =>
  `${FIRST[n % 12]}${SECOND[Math.floor(n / 12) % 11]}${n >= 132 ? FIRST[Math.floor(n / 132) % 12] : ''}${kinds[n % kinds.length]}`

/** Typical advertisements of different trades. */
const USUAL = [
  '钢琴课免费试听一节，名师小班，报名',
  '轮胎保养套餐半价，预约',
  '橱柜定制免费量房出图，咨询',
  '火锅双人餐特惠，订位',
  '宠物洗护次卡十次七折，联系',
]
const mobile = (n: number) => `1395${String(5_000_000 + n * 7_919).padStart(7, '0')}`
export const usual = (n: number) => `${USUAL[n % USUAL.length]} ${mobile(n)}`

export function wordings(file: 'tuning' | 'judging', name: string): Wordings {
  const found = wordingsIn(file).find((one) => one.name === name)
  if (!found) throw new TypeError(`no wordings ${name} in ${file}`)
  return found
}

/** Enterprises that send similar messages within the same hour, each from a port filed for its signature. */
export interface Part {
  readonly signature: (n: number) => string
  readonly enterprises: number
  readonly says: (n: number, random: Random) => string
  readonly label?: Label
  /** Messages per enterprise. */
  readonly each?: number
  /** Range of event times, in minutes from noon; uniformly random. */
  readonly minutes?: readonly [from: number, to: number]
}

export interface Raised {
  readonly signal: Signal
  /** Minutes after noon. */
  readonly after: number
}

/** An instance with its own learned similarities; counts are in the shared store. */
export class Instance {
  readonly #rates: Rates
  readonly alike = openAlike(openNotices())

  constructor(store: Pick<FeatureStore, 'count'>) {
    this.#rates = new Rates(store, [campaignBurst])
  }

  async count(messages: readonly ReturnType<typeof messageOf>[], registry: SignalContext['registry']) {
    const context: SignalContext = {
      registry,
      alike: this.alike,
      codePolicy: (code, ts) => policy.codePolicy(code, ts),
    }
    const escalation = { count: 3, recipients: 3, within: 10 * MINUTE }
    const observed = messages.map((message) =>
      this.#rates.observe({ message, findings: [] }, context, escalation),
    )
    const { signals } = await this.#rates.count(observed, context, escalation)
    return signals.map(({ signal }) => signal)
  }
}

/** One in-memory store for all instances. */
function inMemory(): () => FeatureStore {
  const store = memoryFeatureStore()
  return () => store
}

/**
 * Plays parts in time order, one batch per minute, over instances that share a store; returns the raised signals by target.
 * `restart`: minutes from noon at which all instances lose what they learned.
 */
export async function play(
  parts: readonly Part[],
  seed = 23,
  instances = 1,
  restart = Number.POSITIVE_INFINITY,
  stores: (instance: number) => FeatureStore = inMemory(),
): Promise<Raised[]> {
  const random = new Random(seed)
  const signatures = new Map<string, object>()
  const planned: { readonly ts: number; readonly message: () => ReturnType<typeof messageOf> }[] = []
  for (const { signature, enterprises, says, label = 'marketing', each = 5, minutes = [0, 40] } of parts) {
    for (let n = 0; n < enterprises; n++) {
      const name = signature(n)
      if (!signatures.has(name)) {
        const filings = [{ ports: [`10692${String(signatures.size).padStart(5, '0')}*`], status: 'filed' }]
        signatures.set(name, { name, consent: 'unless-refused', campaigns: [], filings })
      }
      const port = `${(signatures.get(name) as { filings: { ports: string[] }[] }).filings[0]!.ports[0]!.slice(0, -1)}01`
      for (let k = 0; k < each; k++) {
        const ts = NOON + Math.floor((minutes[0] + random.next() * (minutes[1] - minutes[0])) * MINUTE)
        const text = `【${name}】${says(n, random)} 退订回T`
        planned.push({ ts, message: () => messageOf(text, { from: port, ts, label }) })
      }
    }
  }
  planned.sort((a, b) => a.ts - b.ts)
  const registry = buildRegistry({
    hash: 'alike',
    brands: shippedBrands,
    signatures: [...signatures.values()] as never,
    ports: [],
  })
  const partitions = Array.from({ length: instances }, (_, partition) => ({ topic: 'sms.mt', partition }))
  const opened = partitions.map((_, instance) => stores(instance))
  for (const [i, store] of opened.entries()) await store.assign([partitions[i]!])
  const started = () => opened.map((store) => new Instance(store))
  let all = started()
  let isRestarted = false
  const raised = new Map<string, Raised>()
  let offset = 0
  for (let from = 0; from < planned.length; ) {
    const minute = Math.floor(planned[from]!.ts / MINUTE)
    let to = from
    if (!isRestarted && planned[from]!.ts >= NOON + restart * MINUTE) {
      all = started()
      isRestarted = true
    }
    while (to < planned.length && Math.floor(planned[to]!.ts / MINUTE) === minute) to++
    const batch = planned.slice(from, to).map(({ message }) => ({
      ...message(),
      position: { ...partitions[offset % instances]!, offset: offset++ },
    }))
    for (const [i, instance] of all.entries()) {
      const own = batch.filter(({ position }) => position.partition === i)
      for (const signal of own.length > 0 ? await instance.count(own, registry) : []) {
        if (signal.over && !raised.has(signal.target.id))
          raised.set(signal.target.id, { signal, after: (signal.at - NOON) / MINUTE })
      }
    }
    from = to
  }
  await Promise.all(opened.map((store) => store.close()))
  return [...raised.values()]
}

export const judged = (name: string) => {
  const of = wordings('judging', name)
  return (_: number, random: Random) => wordingOf(of, random)
}
