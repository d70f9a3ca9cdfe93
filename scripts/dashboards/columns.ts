import type { Column, Link, Words } from './spec.ts'

const TO_SENDER: Link = { to: 'sender', fields: { signature: 'signature' } }
const byDesk = (by: string): Link => ({ desk: 'search', by, field: by })

export const count = (name: Words): Column => ({ name, unit: 'short', decimals: 0 })
export const share = (name: Words): Column => ({ name, unit: 'percentunit', decimals: 1 })
export const time = (name: Words): Column => ({ name, unit: 'dateTimeAsIso', width: 170 })

/** Columns that tables share, by the name that their queries give them. */
const STANDARD = {
  action: { name: ['Action', '处置'], width: 90 },
  alerts: count(['Alerts', '告警数']),
  blocked: count(['To be blocked', '应拦截']),
  brand: { name: ['Brand', '品牌'] },
  breaches: count(['Breaches', '违规数']),
  by: { name: ['By', '判断人'] },
  campaign: { name: ['Campaign', '群发模板'], links: [byDesk('campaign')] },
  category: { name: ['Category', '类别'] },
  code: { name: ['Reason code', '原因代码'], links: [byDesk('code')] },
  codes: { name: ['Reason codes', '原因代码'] },
  complaint: { name: ['Complaint', '投诉'] },
  complaints: count(['Complaints', '投诉数']),
  declared: count(['Declared a minute', '申报（每分钟）']),
  detail: { name: ['Why', '原因'] },
  domain: { name: ['Domain', '域名'], links: [byDesk('domain')] },
  enterprise: { name: ['Enterprise', '企业'] },
  first: time(['First', '最早']),
  from: time(['From', '开始']),
  id: { name: ['Case', '案件'], links: [{ desk: 'case', field: 'id' }] },
  kind: { name: ['Kind', '类型'] },
  last: time(['Last', '最晚']),
  messages: count(['Messages', '短信数']),
  peak: count(['Busiest minute', '峰值分钟']),
  port: { name: ['Port', '端口号'], links: [byDesk('port')] },
  ports: count(['Ports', '端口数']),
  rate: { name: ['Complaints a million', '每百万投诉数'], unit: 'short', decimals: 1 },
  reason: { name: ['Reason', '原因'] },
  sent: count(['Messages', '短信数']),
  signature: { name: ['Signature', '签名'], links: [TO_SENDER, byDesk('signature')] },
  signatures: count(['Signatures', '签名数']),
  source: { name: ['Source', '来源'] },
  target: { name: ['Target', '对象'] },
  text: { name: ['Message, masked', '短信（已脱敏）'] },
  ts: time(['Time', '时间']),
  until: time(['Until', '结束']),
  usual: { name: ['Usual a minute', '平时（每分钟）'], decimals: 1 },
  verdict: { name: ['Word', '判断'] },
} satisfies Readonly<Record<string, Column>>

export type StandardColumn = keyof typeof STANDARD

export const standardColumn = (name: StandardColumn): Column => STANDARD[name]

/** Instead of the marks that stand for an enterprise. */
export const NO_ENTERPRISE: Readonly<Record<string, Words>> = {
  '–': ['not given in the records', '记录未注明'],
  '?': ['sender not known in this time', '未见发送记录'],
}
