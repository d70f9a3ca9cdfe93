import type { Column, Link, Words } from './spec.ts'

const TO_SENDER: Link = { to: 'sender', fields: { signature: 'signature' } }
const byDesk = (by: string, field: string): Link => ({ desk: 'search', by, field })

export const count = (name: Words): Column => ({ name, unit: 'short', decimals: 0 })
export const share = (name: Words): Column => ({ name, unit: 'percentunit', decimals: 1 })
export const time = (name: Words): Column => ({ name, unit: 'dateTimeAsIso', width: 170 })

export const SIGNATURE: Column = {
  name: ['Signature', '签名'],
  links: [TO_SENDER, byDesk('signature', 'signature')],
}
export const PORT: Column = { name: ['Port', '端口号'], links: [byDesk('port', 'port')] }
export const DOMAIN: Column = { name: ['Domain', '域名'], links: [byDesk('domain', 'domain')] }
export const CAMPAIGN: Column = { name: ['Campaign', '群发模板'], links: [byDesk('campaign', 'campaign')] }
export const CODE: Column = { name: ['Reason code', '原因代码'], links: [byDesk('code', 'code')] }
export const ENTERPRISE: Column = { name: ['Enterprise', '企业'] }
/** Instead of the marks that stand for an enterprise. */
export const NO_ENTERPRISE: Readonly<Record<string, Words>> = {
  '–': ['not given in the records', '记录未注明'],
  '?': ['sender not known in this time', '未见发送记录'],
}
export const BRAND: Column = { name: ['Brand', '品牌'] }
export const ACTION: Column = { name: ['Action', '处置'], width: 90 }
export const ID: Column = { name: ['Case', '案件'], links: [{ desk: 'case', field: 'id' }] }
export const CODES: Column = { name: ['Reason codes', '原因代码'] }
export const KIND: Column = { name: ['Kind', '类型'] }
export const TARGET: Column = { name: ['Target', '对象'] }
export const PORTS = count(['Ports', '端口数'])
export const SIGNATURES = count(['Signatures', '签名数'])
export const MESSAGES = count(['Messages', '短信数'])
export const ALERTS = count(['Alerts', '告警数'])
export const BLOCKED = count(['To be blocked', '应拦截'])
export const COMPLAINTS = count(['Complaints', '投诉数'])
export const PER_MILLION: Column = {
  name: ['Complaints a million', '每百万投诉数'],
  unit: 'short',
  decimals: 1,
}
export const FIRST = time(['First', '最早'])
export const LAST = time(['Last', '最晚'])
export const FROM = time(['From', '开始'])
export const UNTIL = time(['Until', '结束'])
