import { defineStateCode, hold } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

/** A manual block; action, duration and reason come from the order. */
export const manualBlock = defineStateCode({
  code: 'MANUAL_BLOCK',
  order: 230,
  byHand: true,
  planted: false,
  targets: ['domain', 'port', 'signature', 'sender', 'brand-claim', 'template'],
  action: 'block',
  weight: 1,
  thresholds: {
    hold: hold(300, 'not used: the state ends when the order says'),
  },
  evidence: {
    by: fields.chinese('下令人', fields.text('who gave the order')),
    why: fields.chinese('原因', fields.text('why, in their words, without numbers')),
    until: fields.chinese('截止', fields.text('when it ends, RFC 3339')),
    approvedBy: fields.optional(fields.chinese('批准人', fields.text('who approved it'))),
    policyMode: fields.optional(
      fields.chinese('策略模式', fields.oneOf(['shadow'], 'the policy is in shadow mode'), {
        shadow: '试运行（此命令仍然执行）',
      }),
    ),
  },
  summary: 'blocked manually',
  called: { 'zh-CN': '手工拦截' },
  fires:
    'A person [ordered it](manual-blocks.md). The policy does not change its action, and it is enforced in shadow mode too.',
  tune: 'End it with `sigwatch unblock`.',
  sentences: {
    en: ({ by, why, approvedBy, policyMode }) =>
      `Ordered by ${by}${approvedBy === undefined ? '' : `, approved by ${approvedBy}`}${policyMode ? ', enforced although the policy is in shadow mode' : ''}: ${why}.`,
    'zh-CN': ({ by, why, approvedBy, policyMode }) =>
      `由${by}下令${approvedBy === undefined ? '' : `，${approvedBy}批准`}${policyMode ? '，策略为试运行但仍然执行' : ''}：${why}。`,
  },
}).raisedBy({})
