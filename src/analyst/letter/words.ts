import type { Locale } from '../../detection/detectors/words.ts'
import { type Say as SayOf, sayer } from '../words/say.ts'

/** Addressees of a letter. */
export const READERS = ['sender', 'regulator', 'subscriber'] as const
export type Reader = (typeof READERS)[number]

/** Headings and sentences of a letter in English and Chinese, with slots in braces. */
const WORDS = {
  title: ['Why a message was stopped or marked', '短信处置说明'],
  titleOfState: ['Why messages were stopped or marked', '短信流量处置说明'],
  noMessage: [
    'No single message was the cause: it rests on counts, which the evidence names.',
    '并非由某一条短信引起：依据为统计数据，见下列证据。',
  ],
  messageGone: ['The message is not kept any more.', '该短信已不再保存。'],
  forSender: ['For the sender.', '致发送方。'],
  forRegulator: ['For the regulator.', '致监管机构。'],
  forSubscriber: ['For the subscriber.', '致用户。'],
  what: ['What it is about', '处置对象'],
  when: ['When', '时间'],
  action: ['What was asked for', '处置建议'],
  why: ['Why', '处置理由'],
  code: ['Code', '原因代码'],
  confirmed: ['confirmed', '确认'],
  false_positive: ['false positive', '误报'],
  release: ['release', '解除'],
  exempt: ['exempt', '豁免'],
  rule: ['Rule', '法规依据'],
  evidence: ['Evidence: {name}', '证据：{name}'],
  speaksFor: ['Speaks for it', '支持该判断的依据'],
  speaksAgainst: ['Speaks against it', '不支持该判断的依据'],
  versions: ['Decided by', '判定版本'],
  changedBy: ['{hash}, changed by {by}: {why}', '{hash}，{by} 修改，原因：{why}'],
  model: ['Text model', '文本模型'],
  policy: ['Policy', '策略'],
  registry: ['Registry', '报备库'],
  rules: ['Own rules', '自定义规则'],
  message: ['The message', '短信内容'],
  masked: ['Numbers and codes in it are replaced.', '其中的号码和验证码已替换。'],
  from: ['From', '发送端口'],
  signature: ['Signature', '签名'],
  to: ['To', '接收号码'],
  token: ['Token', '令牌'],
  sent: ['Sent', '发送时间'],
  id: ['Id of the alert', '告警编号'],
  course: ['What came of it', '后续情况'],
  released: ['Released on {at}.', '已于 {at} 解除。'],
  mistaken: [
    'Found to be a mistake on {at}. Later messages of this wording from the sender are not judged so.',
    '已于 {at} 认定为误判；此后该发送方的同类短信不再作此判定。',
  ],
  undone: ['undone', '已撤销'],
  undoing: ['being undone', '正在撤销'],
  refused: ['refused by the service', '未被系统采纳'],
  unsent: ['not sent yet', '尚未发送'],
  waiting: ['waiting for the service', '等待系统处理'],
  givenBy: ['{verdict}, by {by}, on {at}', '{at}，{by}：{verdict}'],
  enforced: ['{action}, by {by}, on {at}', '{at}，{by}：{action}'],
  nothing: ['Nothing is recorded.', '无记录。'],
  oneRecipient: ['one recipient', '某一接收用户'],
  fileNumber: ['File number', '文号'],
  date: ['Date', '日期'],
  addressee: ['To', '致'],
  objectTo: ['Objections to: {contact}', '异议受理：{contact}'],
  closing: [
    'This is what an automatic system found, with its reasons. If you disagree, you may ask for a person to look at it; quote the id of the alert.',
    '以上为系统自动识别结果及其理由。如有异议，可凭告警编号申请人工复核。',
  ],
} as const

export type Word = keyof typeof WORDS

export type Say = SayOf<Word>

export function sayIn(locale: Locale): Say {
  return sayer(WORDS, locale)
}
