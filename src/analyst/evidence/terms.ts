import { type Locale, WORDS } from '../../detection/detectors/words.ts'
import type { ClearCause } from '../../domain/alert.ts'
import type { TargetKind } from '../../domain/codes.ts'
import type { Action } from '../../domain/decision.ts'
import { LABELS, type Label } from '../../domain/labels.ts'
import type { Filing } from '../../domain/registry.ts'
import type { Input } from './collect.ts'

interface Values {
  readonly action: Action | 'pass'
  readonly label: Label
  readonly target: TargetKind
  readonly event: 'raised' | 'updated' | 'cleared'
  readonly cause: ClearCause
  readonly status: Filing['status']
  readonly input: Input
}

export type TermKind = keyof Values

/** Chinese names of the fixed values in records. English packs use the values themselves. */
const CHINESE: { readonly [K in TermKind]: Readonly<Record<Values[K], string>> } = {
  action: {
    none: '不处置',
    pass: '放行',
    observe: '观察',
    review: '人工审核',
    throttle: '限速',
    block: '拦截',
  },
  label: Object.fromEntries(LABELS.map((label) => [label, WORDS['zh-CN'].label(label)])) as Record<
    Label,
    string
  >,
  target: {
    message: '短信',
    recipient: '接收号码',
    signature: '签名',
    port: '端口号',
    sender: '签名与端口',
    campaign: '同文群发',
    domain: '域名',
    template: '同文模板',
    'brand-claim': '冒称品牌',
  },
  event: { raised: '触发', updated: '更新', cleared: '解除' },
  cause: {
    ended: '现象已消失',
    expired: '到期',
    feedback: '人工反馈',
    policy: '策略变更',
    registry: '报备库变更',
  },
  status: { filed: '已报备', suspended: '已暂停', revoked: '已撤销' },
  input: {
    complaints: '投诉',
    messages: '短信',
    verdicts: '判定',
    alerts: '告警',
    consents: '用户同意',
    replies: '上行回复',
  },
}

/** Translates a fixed value of a record. Unknown values, from a later version, are returned unchanged. */
export type Term = (kind: TermKind, value: string) => string

export function termsOf(locale: Locale): Term {
  if (locale === 'en') return (_kind, value) => value
  return (kind, value) => {
    const words: Readonly<Record<string, string>> = CHINESE[kind]
    return Object.hasOwn(words, value) ? words[value]! : value
  }
}
