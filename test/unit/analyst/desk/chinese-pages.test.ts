import { describe, expect, it } from 'vitest'
import { BrandNames } from '../../../../src/analyst/archive/brand-names.ts'
import type { Case, FoundAlert } from '../../../../src/analyst/archive/case.ts'
import type { QueuedCase } from '../../../../src/analyst/archive/case-queue.ts'
import { QUEUE_VIEWS } from '../../../../src/analyst/archive/case-queue.ts'
import { type SentCurve, startsOf, stepsOf } from '../../../../src/analyst/archive/curves.ts'
import { ACCESS_KINDS } from '../../../../src/analyst/archive/reader.ts'
import { accessPage } from '../../../../src/analyst/desk/access-routes.ts'
import { overviewPage } from '../../../../src/analyst/desk/overview.ts'
import { casePage, leftPage, loginPage, messagePage, searchPage } from '../../../../src/analyst/desk/pages.ts'
import { queuedCasePage } from '../../../../src/analyst/desk/queue-case-page.ts'
import { queuePage } from '../../../../src/analyst/desk/queue-page.ts'
import { speechIn } from '../../../../src/analyst/desk/words.ts'
import { termsOf } from '../../../../src/analyst/evidence/terms.ts'
import { letterOf } from '../../../../src/analyst/letter/letter.ts'
import { letterPage } from '../../../../src/analyst/letter/render.ts'
import { READERS, sayIn } from '../../../../src/analyst/letter/words.ts'
import { reportPage } from '../../../../src/analyst/report/page.ts'
import { Tally } from '../../../../src/analyst/report/tally.ts'
import { CODES } from '../../../../src/detection/detectors/all.ts'
import { createDescribe } from '../../../../src/detection/detectors/describe.ts'
import { citation } from '../../../../src/detection/detectors/rules.ts'
import type { AlertReason } from '../../../../src/domain/alert.ts'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'
import { messageAlertAt, stateAlertAt, tokenOf } from '../../../helpers/archive-records.ts'
import { latinWordsOf } from '../../../helpers/chinese-pages.ts'
import { EVIDENCE_SAMPLES } from '../../../helpers/evidence-samples.ts'

const TS = Date.UTC(2026, 10, 11, 4)
const AT = new Date(TS)
const brands = new BrandNames('zh-CN')
const brand = (id: string) => brands.get(id) ?? id
const speech = speechIn('zh-CN', brands)
const session = { name: '林', may: 'feedback', formKey: 'k', until: TS } as const
/** What the records hold: ids, hashes, names of models and topics. */
const RECORDS = [
  ...[
    'alert-m1',
    'alert-m2',
    'state-1-1',
    'state-1',
    'm1',
    'sms-zh@2',
    'sms.mt',
    tokenOf(1),
    'https://kf88.top/a',
  ],
  ...['gateway-7', 'c1', 'archive.queryTimeout', 'sigwatch complaints deadlines', 'sso', 'privacy.tokenKey'],
]

/** A reason of every kind that there is. */
const REASONS = CODE_NAMES.flatMap((code): AlertReason[] =>
  EVIDENCE_SAMPLES[code].map((evidence) => {
    const { rule } = CODES[code]
    const cited = rule === undefined ? {} : { rule: citation(rule) }
    return { code, score: 0.9, action: 'review', detail: 'In English.', ...cited, evidence }
  }),
)
const alert = messageAlertAt('m1', TS, 1, { reasons: REASONS, degraded: true, late: true })
const state = stateAlertAt(TS, 1, alert, 'sigwatch.alert.raised', [alert])
const line = (over: Partial<FoundAlert> = {}): FoundAlert => ({
  ...{
    id: 'alert-m1',
    ts: AT,
    mode: 'shadow',
    type: 'updated',
    action: 'throttle',
    severity: 'high',
    score: 0.9,
  },
  ...{ codes: ['FORGED_BRAND'], target_kind: 'campaign', target_id: 'm1', signature: '京东', port: '1069' },
  ...over,
})
const TARGETS = ['message', 'signature', 'port', 'sender', 'campaign', 'domain', 'recipient']
const STANDINGS = ['unsent', 'waiting', 'unknown', 'applied', 'refused', 'undoing', 'undone'] as const
const VERDICTS = ['confirmed', 'false_positive', 'release', 'exempt']
const CASE: Case = {
  alert,
  timeline: (['raised', 'updated', 'cleared'] as const).map((type) => line({ type })),
  siblings: TARGETS.map((target_kind) => line({ target_kind })),
  verdict: { ts: AT, action: 'review', label: 'fraud', score: 0.9, codes: [] },
  feedback: STANDINGS.map((standing, i) => ({
    ...{
      ts: AT,
      verdict: VERDICTS[i % VERDICTS.length]!,
      by: '林',
      note: null,
      until: AT,
      id: 'f1',
      batch: 'b1',
    },
    ...{ codes: ['FORGED_BRAND'], label: 'fraud', target: null, standing, why: null },
  })),
  enforcements: ['block', 'throttle', 'review', 'observe'].map((action) => ({
    ts: AT,
    action,
    by: 'gateway-7',
  })),
  versions: [{ hash: 'sms-zh@2', kind: 'model', first_at: AT, change: null }],
  registry: [
    {
      ...{ kind: 'signature', key: '京东', at: AT, changed_at: AT },
      content: {
        ...{ name: '京东', brand: 'jd', consent: 'unless-refused' },
        filings: (['filed', 'suspended', 'revoked'] as const).map((status) => ({
          ...{ sp: 'SP1', ports: ['1069*'], scope: ['notice', 'marketing'] as const, status },
        })),
        campaigns: [{ from: TS, to: TS, perMinute: 3 }],
      },
    } as Case['registry'][number],
    { kind: 'port', key: '1069*', at: AT, changed_at: null, content: null },
  ],
  portIsMasked: true,
  orderTargets: [],
  complaints: [{ id: 'c1', ts: AT, source: '12321', category: null, text: null }],
}

const STEPS = stepsOf(TS, TS + 3_600_000)
const ZEROS = startsOf(STEPS).map((_, i) => i)
const SHOWN = {
  judged: [{ code: 'FORGED_BRAND', confirmed: 2, judged: 3 }],
  totals: (['messages', 'alerts', 'blocked', 'complaints', 'judged', 'uncounted'] as const).map((name) => ({
    ...{ name, now: 1, before: 2 },
  })),
  curves: {
    ...{ steps: STEPS, alerts: new Map([['', ZEROS]]) },
    sent: { total: ZEROS, usual: ZEROS, uncounted: [0], labels: {} as SentCurve['labels'] },
    before: [1, 7, 30].map((days) => ({ days, sent: ZEROS, alerts: ZEROS })),
  },
  worst: [{ id: 'c1', grouped_by: 'domain', name: '京东', alerts: 1, worth: 2, text: null, total: 9 }],
  domains: [{ host: 'kf88.top', first_at: AT, alerts: 1, brands: ['京东'], alert_id: 'alert-m1', total: 9 }],
  states: [
    ...TARGETS.map((target_kind) => ({
      ...{ target_kind, target_id: '京东', action: 'block', codes: CODE_NAMES, raised_at: AT },
      ...{ alert_id: 'alert-m1', total: 9 },
    })),
  ],
  delay: { newest_alert: AT, newest_minute: null, waiting: AT },
}

describe('pages of the desk in Chinese', () => {
  const english = (page: { readonly text: string }) => latinWordsOf(page.text, RECORDS)

  it('name everything on a case in Chinese, whatever the reason', () => {
    expect(english(casePage(session, speech, CASE, { now: 0, said: 'given' }))).toEqual([])
    expect(english(casePage(session, speech, { ...CASE, alert: state }, { now: 0, said: 'letter' }))).toEqual(
      [],
    )
  })

  it.each(['open', 'mine', 'due', 'waiting', 'done'] as const)(
    'name everything on the queue (%s) in Chinese',
    (view) => {
      const kinds = ['campaign', 'domain', 'template', 'brand', 'code', 'sender', 'signature', 'port']
      const cases = kinds.map(
        (grouped_by, i): QueuedCase => ({
          ...{ id: 'c1', grouped_by, name: grouped_by === 'code' ? 'FORGED_BRAND fraud' : '京东' },
          ...{ standing: i % 2 ? 'filed' : 'stranger', owner: '林', status: i % 2 ? 'open' : 'waiting' },
          ...{
            finding: ['confirmed', 'false_positive', null][i % 3]!,
            done_by: '林',
            done_at: AT,
            batch: 'b1',
            due_at: i % 2 ? AT : null,
            is_overdue: i % 4 === 1,
          },
          ...{
            alerts: 3,
            subjects: 2,
            states: 1,
            isOpen: false,
            since: i,
            has_masks: false,
            recipients: 2,
            senders: 2,
            certainty: 0.9,
            harm: 5,
            worth: 9,
            first_at: AT,
            last_at: AT,
          },
          ...{ text: null, codes: ['FORGED_BRAND'], alert_id: 'alert-m1', total: 99 },
        }),
      )
      const outcomes = (
        ['unsent', 'waiting', 'unknown', 'applied', 'refused', 'undoing', 'undone'] as const
      ).map((standing) => ({ ...{ batch: 'b1', standing, count: 2, why: null } }))
      const last = { id: 'c1', batch: 'b1', grouped_by: 'domain', name: '京东' }
      expect(
        english(queuePage(session, speech, { view, skip: 0, cases, outcomes, last, behind: TS })),
      ).toEqual([])
      const sender = { sender: '京东@1069', alerts: 1, recipients: 1, codes: null, text: null }
      for (const [i, one] of cases.entries())
        expect(
          english(
            queuedCasePage({ ...session, may: 'lead' }, speech, {
              ...{
                found: { ...one, isOpen: i % 2 === 0 },
                merged: [{ id: 'c1', grouped_by: 'domain', name: '京东' }],
                others: cases.map((one, i) => ({ ...one, id: `c1-${i}` })),
                senders: [sender, { ...sender, sender: '@' }],
                judge: null,
                merge: 'c1-1',
                isAskedFor: true,
                place: { view, skip: 0 },
                outcomes,
              },
              events: [
                'took',
                'tookOver',
                'gave',
                'commented',
                'waits',
                'opened',
                'judged',
                'undid',
                'undidOne',
                'split',
                'due',
                'merged',
                'unmerged',
              ].map((what) => ({
                ...{ at: AT, who: '林', what, text: what === 'judged' ? 'confirmed' : '' },
              })),
            }),
          ),
        ).toEqual([])
    },
  )

  it('name everything on the others in Chinese', () => {
    const sent = {
      ...{ messages: 9, peak: 3, usual: null, declared: 4, declared_from: AT, declared_to: AT },
      ...{ enterprises: 'SP1', complaints: 2 },
    }
    const asked = { field: 'signature', value: '京东', from: TS, to: TS } as const
    const pages = [
      loginPage(speech, { hasTokens: true, host: 'sso', fault: speech.say('unknownToken') }),
      leftPage(speech, '/x'),
      ...(
        [
          'notFound',
          'noPage',
          'notYours',
          'mayRead',
          'incomplete',
          'tooSlow',
          'tooLarge',
          'notInAddress',
          'methods',
          'defect',
          'unreachable',
          'refusedByArchive',
          'refusedFeedback',
          'noTable',
        ] as const
      ).map((word) => messagePage(session, speech, speech.say(word))),
      searchPage(session, speech, asked, [line()], sent),
      searchPage(session, speech, asked, [], undefined),
      accessPage(
        session,
        speech,
        { from: TS, to: TS, skip: 0 },
        [
          ...ACCESS_KINDS.map((what) => [what, 'c1'] as const),
          ...([
            ['search', 'signature: 京东'],
            ['search', 'all'],
            ['feedback', 'alert-m1: false_positive'],
            ['case', 'erased'],
            ['thing', 'signature: 京东, 2026-11-11'],
            ['thing', 'enterprise: SP1, 2026-11-11'],
            ['thing', 'brand: jd, 2026-11-11'],
            ...QUEUE_VIEWS.map((view) => ['queue', view] as const),
            ['letter', 'c1: regulator'],
          ] as const),
        ].map(([what, subject]) => ({ at: AT, who: '林', what, subject, address: '192.0.2.1' })),
      ),
      ...(['mayNotAudit', 'mayNotNumber', 'noNumberKey', 'tooManyNumbers'] as const).map((word) =>
        messagePage(session, speech, speech.say(word)),
      ),
      overviewPage(
        session,
        speech,
        { from: TS, to: TS, now: TS },
        {
          ...SHOWN,
          found: {
            forged: [{ brand: 'jd', messages: 3, ports: 2, hosts: [{ host: 'kf88.top', messages: 3 }] }],
            bursts: [
              {
                signature: '京东',
                alert_id: 'alert-m1',
                raised: AT,
                cleared: null,
                peak: 3,
                usual: 2,
                declared: null,
              },
              {
                signature: '京东',
                alert_id: null,
                raised: null,
                cleared: null,
                peak: 3,
                usual: 2,
                declared: 9,
              },
            ],
            enterprises: [
              { sp: null, complaints: 3, sent: null },
              { sp: 'SP1', complaints: 3, sent: 9 },
            ],
            released: ['release', 'false_positive', 'exempt'].map((verdict) => ({
              ...{
                ts: AT,
                verdict,
                by: '林',
                until: null,
                target: 'signature:京东',
                codes: ['FORGED_BRAND'],
              },
              ...{ alert_id: null, again: 0 },
            })),
          },
        },
      ),
    ]
    for (const page of pages) expect(english(page)).toEqual([])
  })
})

it.each(READERS)('a letter to the %s names everything in Chinese', (reader) => {
  const options = { reader, locale: 'zh-CN', say: sayIn('zh-CN'), term: termsOf('zh-CN') } as const
  const describe = createDescribe('zh-CN')
  for (const one of [alert, state]) {
    const blocks = letterOf({ ...CASE, alert: one }, { ...options, describe, brand })
    expect(latinWordsOf(letterPage(blocks, 'zh-CN'), RECORDS)).toEqual([])
  }
})

it('a report names everything in Chinese', () => {
  const range = { from: TS - 1, to: TS + 3_600_000 }
  const now = new Tally(range)
  for (const one of [
    alert,
    state,
    { ...alert, id: 'alert-m2', data: { ...alert.data, mode: 'shadow' as const } },
  ])
    now.add(one)
  const page = reportPage({
    ...{ locale: 'zh-CN', now, before: new Tally(range) },
    judged: [{ code: 'FORGED_BRAND', confirmed: 2, judged: 3 }],
    complaints: [{ sender: '京东', complaints: 3, sent: 9 }],
    brand,
    cases: {
      groups: [
        {
          ...{
            signature: '京东',
            sp: 'SP1',
            template: '–',
            complaints: 3,
            matched: 1,
            label: 'fraud',
            category: '–',
          },
          standings: { 'in time': 1, late: 1, running: 1, due: 0, overdue: 0 },
        },
      ],
      urgent: (['due', 'overdue'] as const).flatMap((standing) =>
        ['passed on', 'answered'].map((name) => ({
          complaint: { id: 'c1', signature: '京东', received_at: null },
          deadline: { name, days: 5, date: '2026-11-20' },
          standing,
        })),
      ),
    },
  } as unknown as Parameters<typeof reportPage>[0])
  expect(latinWordsOf(page, RECORDS)).toEqual([])
})
