import { describe, expect, it } from 'vitest'
import { INPUTS } from '../../../../src/analyst/evidence/collect.ts'
import { localiser } from '../../../../src/analyst/evidence/localise.ts'
import { renderPack } from '../../../../src/analyst/evidence/markdown.ts'
import type { Pack } from '../../../../src/analyst/evidence/pack.ts'
import { speaker } from '../../../../src/analyst/evidence/words.ts'
import { WEEKENDS_ONLY } from '../../../../src/analyst/words/calendar.ts'
import { EVIDENCE_SAMPLES } from '../../../helpers/evidence-samples.ts'

const AT = '2026-11-11T02:00:00.000Z'
const VERSIONS = { model: '1', policy: '2', registry: '3' }
const [REFUSED] = EVIDENCE_SAMPLES.AFTER_OPT_OUT

/** A reason as a service with `locale: en` wrote it. */
const english = {
  code: 'AFTER_OPT_OUT',
  detail: 'Commercial text of 无名, 25 hours after the recipient refused.',
  rule: 'MIIT-31 art. 18',
  evidence: REFUSED!,
} as const

const CHINESE_REASON = {
  detail: '收信人拒收“无名”25 小时后，仍向其发送商业短信。',
  rule: '《通信短信息服务管理规定》（工业和信息化部令第31号）第十八条',
}

describe('reasons of alerts in a Chinese pack', () => {
  const localise = localiser('zh-CN')

  it('are told in Chinese, whatever the language of the service was', () => {
    expect(localise(english)).toEqual(CHINESE_REASON)
    expect(localiser('en')({ ...english, detail: CHINESE_REASON.detail })).toEqual({
      detail: english.detail,
      rule: english.rule,
    })
  })

  it('stay as they were written where the code or the evidence is not known', () => {
    for (const reason of [
      { ...english, code: 'A_LATER_CODE' as 'AFTER_OPT_OUT' },
      { ...english, code: 'constructor' as 'AFTER_OPT_OUT' },
      { ...english, evidence: { signature: '无名' } },
      { ...english, evidence: { ...REFUSED, after: 'long' } },
      { ...english, evidence: null as never },
    ]) {
      expect(localise(reason)).toEqual({ detail: english.detail, rule: CHINESE_REASON.rule })
    }
  })

  it('are known with the evidence of every code, and with members of later versions', () => {
    for (const [code, samples] of Object.entries(EVIDENCE_SAMPLES)) {
      for (const evidence of samples) {
        const reason = { ...english, code: code as 'AFTER_OPT_OUT', evidence: { ...evidence, later: 1 } }
        expect(localise(reason).detail, code).not.toBe(english.detail)
      }
    }
  })

  it('cite no rule where the alert cites none', () => {
    const { rule: _, ...without } = english
    expect(localise(without)).toEqual({ detail: CHINESE_REASON.detail })
  })
})

/** A pack in which every kind of value occurs that a record has in English. */
const message = {
  id: '1',
  at: AT,
  from: '10690001111',
  signature: '无名',
  sp: '77',
  spBy: 'filing',
  disposition: 'accepted',
  text: '大促',
  partial: false,
  records: [],
  fit: { recipient: 'number', port: 'exact', signature: true, similarity: 0.9 },
  registry: {
    hash: '3',
    signature: { name: '无名', consent: 'required' },
    filings: (['filed', 'suspended', 'revoked'] as const).map((status) => ({
      ports: ['10690001111', '10690002222'],
      scope: ['marketing', 'notice'],
      status,
      coversPort: true,
      inForce: true,
    })),
    port: { port: '10690001111', sp: '77', sharedBy: 1 },
  },
  consent: {
    standing: 'out',
    changes: [{ state: 'out', at: AT, after: true, source: '台账' }],
    replies: [{ at: AT, text: '退订', refuses: true }],
  },
  verdict: {
    action: 'throttle',
    label: 'finance',
    score: 0.9,
    reasons: ['AFTER_OPT_OUT', 'TEXT_FINANCE'],
    states: ['9'],
    decidedAt: AT,
  },
  alerts: (['block', 'review', 'observe'] as const).map((action, i) => ({
    id: `4${i}`,
    at: AT,
    action,
    mode: i === 2 ? 'shadow' : 'enforce',
    score: 1,
    reasons: [{ code: 'AFTER_OPT_OUT', ...CHINESE_REASON }],
  })),
  states: (['signature', 'port', 'sender', 'campaign', 'domain', 'recipient', 'message'] as const).map(
    (kind, i) => ({
      state: `9${i}`,
      because: (['shown', 'verdict', 'match'] as const)[i % 3]!,
      events: (
        [
          ['raised', undefined],
          ['updated', undefined],
          ...(['ended', 'expired', 'feedback', 'policy', 'registry'] as const).map(
            (cause) => ['cleared', cause] as const,
          ),
        ] as const
      ).map(([type, cause]) => ({
        id: '5',
        state: `9${i}`,
        type: `sigwatch.alert.${type}` as const,
        time: AT,
        code: 'MARKETING_BURST' as const,
        detail: '10 分钟内发送商业短信 900 条。',
        action: 'throttle' as const,
        mode: 'enforce' as const,
        target: { kind, id: '无名' },
        validFrom: AT,
        expiresAt: AT,
        ...(cause ? { cause } : {}),
        versions: VERSIONS,
      })),
    }),
  ),
  versions: { ...VERSIONS, by: 'around' },
} satisfies Pack['messages'][number]

const PACK: Pack = {
  version: '0',
  deployment: '1',
  madeAt: AT,
  clear: false,
  subject: { kind: 'complaint', id: '1' },
  complaint: { id: '1', at: AT, receivedAt: AT, source: '12321' },
  deadlines: [
    { name: 'passed on', days: 5, from: 'complaint', date: '2026-11-18', endsAt: AT },
    { name: 'answered', days: 15, from: 'received', date: '2026-12-02', endsAt: AT },
  ],
  calendar: { zone: 480 },
  window: { from: AT, to: AT },
  matched: 2,
  messages: [
    message,
    { ...message, verdict: { ...message.verdict, action: 'pass', label: 'personal', reasons: [] } },
  ],
  timeline: [],
  missing: [],
  sources: INPUTS.map((input) => ({ input, name: '', records: 1, unreadable: 0 })),
}

describe('a Chinese pack', () => {
  const text = renderPack(PACK, WEEKENDS_ONLY, speaker('zh-CN'))

  it('holds no English word but the name of the product, the codes of reasons and the marks of blocks', () => {
    const rest = text.replace(/sigwatch|SP|```text|[A-Z]+(?:\\?_[A-Z]+)+/g, '')
    expect(rest.match(/[A-Za-z]+/g) ?? []).toEqual([])
  })

  it('writes lists, brackets and colons as Chinese does', () => {
    expect(text).toContain('| 判定 | 限速（金融，0.9）：AFTER\\_OPT\\_OUT、TEXT\\_FINANCE |')
    expect(text).toContain('| 判定 | 放行（个人，0.9） |')
    expect(text).toContain('接收号码、端口号、签名、正文相似度 90%')
    expect(text).toContain('**MARKETING_BURST** 签名 无名，告警中列出该短信。10 分钟内发送商业短信 900 条。')
    expect(text).toContain('解除（人工反馈）')
    expect(text).toContain('编号：90')
  })

  it('has the values of the records themselves in English', () => {
    const inEnglish = renderPack(PACK, WEEKENDS_ONLY, speaker('en'))
    expect(inEnglish).toContain('throttle (finance, 0.9): AFTER\\_OPT\\_OUT, TEXT\\_FINANCE')
    expect(inEnglish).toContain('| marketing, notice | filed |')
    expect(inEnglish).toContain('cleared (feedback)')
    expect(inEnglish).toContain('**MARKETING_BURST** signature 无名 — shown in its alert.')
  })
})

it('a value of a later version stays as it is', () => {
  const { term } = speaker('zh-CN')
  expect([term('action', 'quarantine'), term('action', 'toString')]).toEqual(['quarantine', 'toString'])
})
