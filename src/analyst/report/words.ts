import { createDescribe, type Describe } from '../../detection/detectors/describe.ts'
import type { Locale } from '../../detection/detectors/words.ts'
import { type Term, termsOf } from '../evidence/terms.ts'
import { type Say, sayer } from '../words/say.ts'

/** Headings and sentences of the report in English and Chinese. */
const WORDS = {
  title: ['What sigwatch found', '短信监测报告'],
  range: ['{from} to {to} (UTC+8)', '{from} 至 {to}（UTC+8）'],
  footer: [
    'Recipients are masked. Every alert is a suspicion with its reasons, not a judgement of a court.',
    '接收号码已脱敏。每条告警都是附有理由的嫌疑，并非司法认定。',
  ],
  summary: ['Summary', '概要'],
  alerts: ['alerts', '告警'],
  toBlock: ['to be blocked', '应拦截'],
  states: ['states of senders and domains', '发送方与域名的状态'],
  brandsForged: ['brands forged', '被仿冒品牌'],
  noneBeforeEither: ['none before either', '上期亦无'],
  noneBefore: ['none before', '上期无'],
  asBefore: ['as before', '与上期持平'],
  change: ['{change} (before: {n})', '{change}（上期：{n}）'],
  overTime: ['Over time', '时间分布'],
  nothingRaised: ['Nothing was raised.', '没有告警。'],
  chartSays: [
    'Alerts over time; the most, {n}, from {at} on.',
    '告警随时间的分布；最多为 {at} 起的 {n} 条。',
  ],
  barSays: ['{at}: {n} alerts', '{at}：{n} 条告警'],
  found: ['What was found', '发现的问题'],
  codes: ['Reason codes', '原因代码'],
  code: ['Code', '原因代码'],
  alertCount: ['Alerts', '告警'],
  changeColumn: ['Change', '变化'],
  precision: ['Precision, 95% interval', '查准率，95% 区间'],
  judged: ['{share} ({low}–{high}), {n} judged', '{share}（{low}–{high}），已判断 {n} 件'],
  inShadow: ['In shadow mode besides: {n} alerts.', '另有影子模式告警 {n} 条。'],
  forgedBrands: ['Forged brands', '被仿冒的品牌'],
  brand: ['Brand', '品牌'],
  through: ['Through', '所用域名'],
  mostAlerts: ['Senders with the most alerts', '告警最多的发送方'],
  senders: ['Senders', '发送方'],
  sender: ['Sender', '发送方'],
  mostly: ['Mostly', '主要原因代码'],
  bursts: ['Bursts, campaigns and other states', '突发、同文群发与其他状态'],
  statesTable: ['States', '状态'],
  from: ['From', '开始'],
  until: ['Until', '结束'],
  action: ['Action', '处置建议'],
  what: ['What', '内容'],
  before: ['before', '此前'],
  stillOpen: ['still open', '未解除'],
  complaints: ['Complaints', '投诉'],
  about: ['About', '对象'],
  sent: ['Sent', '发送量'],
  aMillion: ['A million', '每百万条'],
  byEnterprise: ['Complaints by enterprise and template', '按企业与模板的投诉'],
  enterprise: ['Enterprise', '企业'],
  sp: ['SP', '接入服务商'],
  template: ['Template', '模板'],
  text: ['Text', '文本类别'],
  inTime: ['Answered in time', '按期办结'],
  lateAnswers: ['Late', '逾期'],
  endSoon: ['Deadlines of complaints that end soon or are over', '即将到期或已逾期的投诉'],
  deadlines: ['Deadlines of complaints', '投诉时限'],
  complaint: ['Complaint', '投诉编号'],
  deadline: ['Deadline (working days)', '时限（工作日）'],
  fromComplaint: [', from the complaint', '，自投诉时间起算'],
  endsOn: ['Ends on', '截止日'],
  standing: ['Standing', '状态'],
  moreDeadlines: [
    'And {n} more: sigwatch complaints deadlines.',
    '另有 {n} 件：见 sigwatch complaints deadlines。',
  ],
  cases: ['Cases', '案件'],
  caseFrom: ['{from}, {at}, to {to}, score {score}', '{from}，{at}，发往 {to}，分值 {score}'],
  hiddenRecipient: ['a recipient who is not shown', '不显示的接收号码'],
  provenance: [
    'Alert {id}; model {model}, policy {policy}, registry {registry}',
    '告警 {id}；模型 {model}，策略 {policy}，报备库 {registry}',
  ],
  ownRules: [', own rules {rules}', '，自定义规则 {rules}'],
  none: ['None.', '无。'],
  due: ['due', '即将到期'],
  overdue: ['overdue', '已逾期'],
} as const

export type Word = keyof typeof WORDS

/** The language of the report with its translation functions. */
export interface Speech {
  readonly locale: Locale
  readonly say: Say<Word>
  readonly term: Term
  readonly describe: Describe
  readonly brand: (id: string) => string
}

export function speechIn(locale: Locale, brand = (id: string) => id): Speech {
  const [say, term, describe] = [sayer<Word>(WORDS, locale), termsOf(locale), createDescribe(locale)]
  return { locale, say, term, describe, brand }
}
