import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import type { Read } from '../helpers/kafka-client.ts'
import type { Environment } from '../helpers/service.ts'
import { type PlainClient, removeTopics } from './deployment.ts'
import type { StoredKey } from './stored.ts'
import type { Sms } from './traffic.ts'

/** A deployment with own rules, tenants, known templates, manual blocks and feedback. */
export const OPERATED = 'operated'
const USES = [
  ...['messages', 'alerts', 'deadLetters', 'verdicts', 'blocks', 'templates'],
  ...['registry', 'consents', 'replies', 'feedback', 'feedbackResults'],
] as const
const COMPACTED = ['blocks', 'templates', 'registry', 'consents']
export const topicOf = (use: string) => `${OPERATED}.${use}`

export const ANN = 'a'.repeat(32)
export const BEN = 'b'.repeat(32)
export const GATEWAY = 'g'.repeat(32)
/** Blocked by hand: approved, and waiting for a second person. */
export const ORDERED = { approved: 'forced-a.top', waiting: 'pending-b.top' } as const

const RULES = {
  words: {
    loan: { says: 'Loans without questions.', list: ['无抵押', '秒批', '放款{快,中}'] },
    parcel: { says: 'Parcels that are held.', list: ['包裹滞留', '补缴关税'] },
  },
  rules: [
    {
      ...{ code: 'OP_LOAN_ADS', when: 'words:loan & (link:foreign | contact:mobile)', target: 'sender' },
      says: { en: 'The text advertises loans without a licence.', 'zh-CN': '文本推广无牌照贷款。' },
      because: 'The regulator asks for it.',
      example: { text: '【快贷】无抵押秒批，点击 abc-loan.top 领取', from: '106900001111' },
      nearMiss: { text: '【快贷】无抵押秒批，详询网点', from: '106900001111' },
    },
    {
      ...{ code: 'OP_PARCEL', when: 'words:parcel & link:foreign', action: 'block', mode: 'enforce' },
      target: 'domain',
      says: { en: 'The text says that a parcel is held.', 'zh-CN': '谎称包裹滞留。' },
      because: 'A wave of October.',
      example: { text: '【驿站】您的包裹滞留海关，补缴关税 abc-tax.top', from: '106900001111' },
      nearMiss: { text: '【驿站】您的包裹滞留海关，请到网点办理', from: '106900001111' },
    },
  ],
}
const FOR_YEARS = '2099-01-01T00:00+08:00'
const POLICY = {
  quietHours: { marketing: null, finance: null },
  codes: { SIGNATURE_UNFILED: { action: 'none' } },
  tenants: {
    gd: {},
    sh: {
      codes: { OP_LOAN_ADS: { mode: 'shadow' } },
      exemptions: [
        { target: 'port:106977*', codes: ['OP_PARCEL'], until: FOR_YEARS, by: 'ops', why: 'own parcels' },
      ],
    },
  },
}
const FILED = '云岭快运'
export const PEOPLE = { refusedByRow: '17190009005', refusedByReply: '17190009004' } as const

/** Rows of the side topics before the start, at a time. */
export const sideRows = (at: number) => ({
  registry: [
    {
      key: `signature:${FILED}`,
      value: { kind: 'signature', name: FILED, ports: ['106900014'], scope: ['notice', 'marketing'] },
    },
  ],
  consents: [
    {
      key: `${FILED}|${PEOPLE.refusedByRow}`,
      value: { signature: FILED, to: PEOPLE.refusedByRow, state: 'out', ts: at - 3_600_000 },
    },
  ],
})

type Text = Pick<Sms, 'from' | 'text'> & { readonly to?: string; readonly tenant?: string }
const loan = (port: string, domain: string, tenant?: string): Text => ({
  from: port,
  text: `【快贷】无抵押秒批，点击 ${domain} 领取`,
  ...(tenant ? { tenant } : {}),
})
const notice = (name: string, from: string): Text => ({
  from,
  text: `【${name}】您的快递已到驿站，取件码2001，请及时领取。`,
})
const visit = (domain: string): Text => ({
  from: '10690007',
  text: `【某店】请登录 http://m.${domain}/a 核实`,
})
const advert = (to: string): Text => ({
  from: '106900014',
  to,
  text: `【${FILED}】本周会员日全场满199减100，退订回T`,
})
/** One message of each kind, the same before and after. */
export const TEXTS = {
  loan: loan('106900001111', 'abc-loan.top'),
  loanInGd: loan('106900001112', 'gd-loan.top', 'gd'),
  loanInSh: loan('106900001113', 'sh-loan.top', 'sh'),
  loanExempt: loan('106900001114', 'ex-loan.top'),
  parcel: { from: '106900002221', text: '【驿站】您的包裹滞留海关，补缴关税 abc-tax.top' },
  parcelInSh: { from: '10697700222', text: '【驿站】您的包裹滞留海关，补缴关税 sh-tax.top', tenant: 'sh' },
  copy: {
    from: '10680000001',
    text: '【招商银行】您尾号6610的信用卡在境外刷卡2,100.00元，如非本人操作请立刻登录 cmb-x1.cc/x',
  },
  approved: visit(ORDERED.approved),
  waiting: visit(ORDERED.waiting),
  refusedByRow: advert(PEOPLE.refusedByRow),
  refusedByReply: advert(PEOPLE.refusedByReply),
  open1: notice('甲驿站', '106900051'),
  open2: notice('乙驿站', '106900051'),
  released1: notice('丙驿站', '106900053'),
  released2: notice('丁驿站', '106900053'),
} as const satisfies Readonly<Record<string, Text>>
export type Kind = keyof typeof TEXTS
/** The message whose confirmation teaches a template. */
export const TAUGHT: Text = {
  from: '10680000001',
  text: '【招商银行】您尾号3308的信用卡于境外消费4,999.00元，如非本人操作请立即登录 cmb-zd.top/q',
}

/** A record of the topics. */
export interface LeftRow extends Pick<Read, 'timestamp' | 'key'> {
  readonly value: string | null
}
/** What a version leaves behind when it is killed. */
export interface OperatedLeft {
  readonly commit: string
  /** When it was killed, epoch ms. */
  readonly at: number
  readonly clusterId: string
  readonly committed: number
  readonly keys: readonly StoredKey[]
  /** Everything in its topics, each of which has one partition. */
  readonly topics: Readonly<Record<string, readonly LeftRow[]>>
  /** Ids of states. */
  readonly states: Readonly<Record<'released' | 'approved' | 'waiting', string>>
}

/** Its configuration, as 0.3.0 and later read it. */
export function operated(brokers: readonly string[], redis: string): Environment {
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-operated-'))
  const write = (name: string, value: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(value))
    return join(folder, name)
  }
  const topics = Object.fromEntries(
    USES.map((use) => [
      `SIGWATCH_KAFKA_TOPICS_${use.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`,
      topicOf(use),
    ]),
  )
  const tokens = [
    { name: 'ann', token: ANN, may: ['block'] },
    { name: 'ben', token: BEN, may: ['approve', 'block'] },
    { name: 'gateway', token: GATEWAY, may: ['decide'] },
  ]
  return {
    KAFKA_BROKERS: brokers.join(','),
    REDIS_URL: redis,
    SIGWATCH_DEPLOYMENT: OPERATED,
    SIGWATCH_KAFKA_GROUP_ID: OPERATED,
    SIGWATCH_REDIS_BUDGET: '5s',
    SIGWATCH_MANUAL_APPROVAL: 'required',
    SIGWATCH_HTTP_TOKENS: JSON.stringify(tokens),
    SIGWATCH_POLICY: write('policy.json', POLICY),
    SIGWATCH_RULES: write('rules.json', RULES),
    SIGWATCH_KAFKA_TOPICS_COMPLAINTS: 'null',
    SIGWATCH_KAFKA_TOPICS_ENFORCEMENTS: 'null',
    ...topics,
  }
}

export async function makeOperatedTopics(client: PlainClient): Promise<void> {
  await removeTopics(client, OPERATED)
  for (const use of USES)
    await client.createTopic(
      { config: COMPACTED.includes(use) ? { 'cleanup.policy': 'compact' } : { 'retention.ms': '-1' } },
      topicOf(use),
    )
}

/** Writes rows at their time. */
export async function write(client: PlainClient, use: string, rows: readonly LeftRow[]): Promise<void> {
  if (rows.length === 0) return
  const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = rows.map(({ key, value, timestamp }) => ({ key, value, timestamp: String(timestamp) }))
  await producer.send({ topic: topicOf(use), acks: -1, messages })
  await producer.disconnect()
}

/** Everything in the topics now. */
export async function readTopics(client: PlainClient): Promise<OperatedLeft['topics']> {
  const read = async (use: string) =>
    (await client.readAll(topicOf(use))).map(({ key, value, timestamp }) => ({
      ...{ key, timestamp },
      value: value === null ? null : String(value),
    }))
  return Object.fromEntries(await Promise.all(USES.map(async (use) => [use, await read(use)] as const)))
}

let written = 0
/** A record of a text to a recipient of its own. Ids begin with `run` and the kind. */
export function recordOf(
  run: string,
  kind: string,
  text: Text,
  ts: number,
): LeftRow & { readonly id: string } {
  const id = `${run}-${kind}-${++written}`
  const to = `1719${String(1_000_000 + written * 7_919).slice(-7)}`
  return { id, key: text.from, timestamp: ts, value: JSON.stringify({ id, ts, to, ...text }) }
}
