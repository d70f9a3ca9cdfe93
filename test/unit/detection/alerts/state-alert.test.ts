import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { CloudEvent } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import {
  blockRow,
  clearedAlert,
  outboxEntry,
  renewedAlert,
  stateAlert,
} from '../../../../src/detection/alerts/state-alert.ts'
import { decide } from '../../../../src/detection/judge.ts'
import { CODE_NAMES, TARGET_KINDS } from '../../../../src/domain/codes.ts'
import { stateAlertId } from '../../../../src/domain/hash.ts'
import { messageOutputs } from '../../../../src/pipeline/outputs.ts'
import { clear, renew } from '../../../../src/stores/states/lifecycle.ts'
import {
  ALERT_OPTIONS,
  evidence,
  MINUTE,
  message,
  policyOf,
  raised,
  T0,
  versionsOf,
} from '../../../helpers/state-fixtures.ts'

const schema = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../../config/schema/${name}-v1.schema.json`, import.meta.url), 'utf8'),
  )
const ajv = new Ajv({ strict: true, allErrors: true })
const validAlert = ajv.compile(schema('alert'))
const validVerdict = ajv.compile(schema('verdict'))
const validBlock = ajv.compile(schema('block'))

function conforms(value: unknown, validate = validAlert): void {
  const plain = JSON.parse(JSON.stringify(value))
  expect(validate(plain) || validate.errors).toBe(true)
}

const TOKEN = `1.${'A'.repeat(22)}`
const shown = message({ toToken: TOKEN })

describe('state alerts', () => {
  const state = raised()
  const first = stateAlert(state, 'raised', evidence({ message: shown }), ALERT_OPTIONS)

  it('conform to the schema and to CloudEvents', () => {
    conforms(first)
    expect(new CloudEvent(JSON.parse(JSON.stringify(first))).validate()).toBe(true)
    expect(first).toMatchObject({
      id: stateAlertId(state.id, T0, 1),
      source: '/sigwatch/test',
      subject: 'signature:京东',
      time: '2026-11-11T00:00:00.000Z',
      data: {
        action: 'throttle',
        limit: { perMinute: 600 },
        mode: 'enforce',
        score: 0.4,
        match: { signature: '京东', labels: ['marketing', 'finance'] },
        state: { id: state.id, episode: T0, revision: 1 },
        validFrom: '2026-11-11T00:00:00.000Z',
        expiresAt: '2026-11-11T00:15:00.000Z',
      },
    })
    expect(first.data.reasons).toHaveLength(1)
  })

  it('show at most 5 more messages, and not the first again', () => {
    const samples = Array.from({ length: 9 }, (_, i) => message({ id: `m${i}` }))
    const alert = stateAlert(state, 'raised', evidence({ message: shown, samples }), ALERT_OPTIONS)
    expect(alert.data.samples?.map((s) => s.id)).toEqual(['m0', 'm2', 'm3', 'm4', 'm5'])
  })

  it('carry a limit only to throttle, flags only when they are set', () => {
    const review = stateAlert(
      { ...state, action: 'review' },
      'raised',
      evidence({ message: shown }),
      ALERT_OPTIONS,
    )
    expect('limit' in review.data || 'degraded' in review.data || 'late' in review.data).toBe(false)
    const flagged = stateAlert(
      { ...state, enforced: false },
      'updated',
      evidence({ message: shown, late: true, degraded: true }),
      ALERT_OPTIONS,
    )
    conforms(flagged)
    expect(flagged.data).toMatchObject({ mode: 'shadow', late: true, degraded: true })
  })

  it('mask the sender where the action is weaker than review', () => {
    const observed = stateAlert(
      { ...state, action: 'observe' },
      'raised',
      evidence({ message: shown }),
      ALERT_OPTIONS,
    )
    expect(observed.data.message?.from).toBe('106******5678')
  })

  it('repeat the last messages when an update has none of its own', () => {
    const next = stateAlert(
      { ...state, revision: 2 },
      'updated',
      evidence({ message: undefined }),
      ALERT_OPTIONS,
      first,
    )
    conforms(next)
    expect(next.data.message).toEqual(first.data.message)
  })

  it('renew whole, and clear with a cause and without messages', () => {
    const renewed = renewedAlert(renew(state, T0 + 8 * MINUTE), first)
    conforms(renewed)
    expect(renewed).toMatchObject({ type: 'sigwatch.alert.updated', data: { message: { id: 'm1' } } })
    expect(renewed.data.expiresAt).toBe('2026-11-11T00:23:00.000Z')
    const cleared = clearedAlert(clear(state, T0 + 6 * MINUTE), first, 'ended')
    conforms(cleared)
    expect(cleared).toMatchObject({
      id: stateAlertId(state.id, T0, 2),
      type: 'sigwatch.alert.cleared',
      time: '2026-11-11T00:06:00.000Z',
      data: { state: { revision: 2, cause: 'ended' }, expiresAt: '2026-11-11T00:06:00.000Z' },
    })
    expect(cleared.data.message).toBeUndefined()
  })
})

describe('block table', () => {
  it('has a row for an open enforced state and a tombstone after', () => {
    const state = raised()
    const row = JSON.parse(blockRow(state, 'throttle')!)
    conforms(row, validBlock)
    expect(row).toEqual({
      state: state.id,
      episode: state.episode,
      revision: 1,
      match: state.match,
      action: 'throttle',
      limit: { perMinute: 600 },
      validFrom: state.alert.data.validFrom,
      expiresAt: '2026-11-11T00:15:00.000Z',
      code: 'MARKETING_BURST',
      alertId: state.alert.id,
    })
    expect(blockRow({ ...state, open: false }, 'throttle')).toBeNull()
    expect(blockRow({ ...state, enforced: false }, 'throttle')).toBeNull()
    expect(outboxEntry({ ...state, open: false }, true, 5, 'throttle').block).toEqual({
      key: state.id,
      value: null,
    })
    expect(outboxEntry({ ...state, enforced: false }, false, 5, 'throttle').block).toBeUndefined()
  })

  it('leaves out what is weaker than the least action, and ends a row that falls below it', () => {
    const state = raised()
    expect(outboxEntry(state, false, 5, 'block').block).toBeUndefined()
    expect(outboxEntry(state, true, 5, 'block').block).toEqual({ key: state.id, value: null })
    expect(blockRow(state, 'throttle')).not.toBeNull()
    expect(blockRow(state, 'block')).toBeNull()
  })
})

describe('schemas', () => {
  const judged = { message: shown, findings: [{ code: 'NO_CONSENT', score: 1, evidence: {} }] } as const
  const { current } = versionsOf(() => policyOf({ action: 'review' }))
  const out = messageOutputs(
    decide(judged, { states: [{ id: raised().id, action: 'block' }], now: T0, maxAge: 0 }, current.policy),
    current,
    { now: T0, model: current.classifier.id, degraded: false },
    {
      alerts: ALERT_OPTIONS,
      wants: { shadowAlerts: true, verdicts: true },
      verdicts: { explain: false, senderContacts: 'clear' },
    },
  )

  it('fit message alerts and verdicts too', () => {
    conforms(out.alerts[0])
    conforms(JSON.parse(String(out.verdicts[0]?.value)), validVerdict)
  })

  it('know every code and kind', () => {
    const { definitions } = schema('alert')
    const known = (code: { anyOf: [{ enum: string[] }] }) => code.anyOf[0].enum.toSorted()
    expect(known(definitions.code)).toEqual([...CODE_NAMES].sort())
    expect(definitions.data.properties.target.properties.kind.enum).toEqual([...TARGET_KINDS])
    expect(known(schema('verdict').properties.reasons.items)).toEqual([...CODE_NAMES].sort())
    expect(known(schema('block').properties.code)).toEqual([...CODE_NAMES].sort())
  })

  it('accept what readers must tolerate: codes and members of later versions', () => {
    const alert = stateAlert(raised(), 'raised', evidence({ message: shown }), ALERT_OPTIONS)
    const { data } = alert
    const reasons = [{ ...data.reasons[0], code: 'CODE_OF_TOMORROW', later: true }]
    conforms({ ...alert, later: 1, data: { ...data, reasons, later: {} } }, validAlert)
    const row = JSON.parse(blockRow(raised(), 'observe')!)
    conforms({ ...row, code: 'CODE_OF_TOMORROW', later: 1, match: { ...row.match, later: [] } }, validBlock)
  })

  it('describe every member', () => {
    const silent: string[] = []
    const visit = (node: unknown, path: string) => {
      if (typeof node !== 'object' || node === null) return
      for (const [name, value] of Object.entries(node)) {
        if (name === 'allOf' || name === 'messageData' || name === 'stateData') continue
        if (name === 'properties')
          for (const [member, one] of Object.entries(value as Record<string, { description?: string }>))
            if (!one.description) silent.push(`${path}.${member}`)
        visit(value, `${path}.${name}`)
      }
    }
    for (const name of ['alert', 'verdict', 'block']) visit(schema(name), name)
    expect(silent).toEqual([])
  })

  it('refuse what the schema forbids, and let unknown members pass', () => {
    const alert = JSON.parse(
      JSON.stringify(stateAlert(raised(), 'raised', evidence({ message: shown }), ALERT_OPTIONS)),
    )
    const spoilt = (spoil: (a: typeof alert) => void) => {
      const copy = structuredClone(alert)
      spoil(copy)
      return validAlert(copy)
    }
    expect(spoilt((a) => Object.assign(a.data, { novelty: 1 }))).toBe(true)
    expect(spoilt((a) => delete a.data.state)).toBe(false)
    expect(spoilt((a) => delete a.data.match)).toBe(false)
    expect(spoilt((a) => a.data.reasons.push(a.data.reasons[0]))).toBe(false)
    expect(spoilt((a) => Object.assign(a.data, { action: 'none' }))).toBe(false)
    expect(spoilt((a) => Object.assign(a.data.message, { to: '13812345678' }))).toBe(false)
    expect(spoilt((a) => Object.assign(a, { type: 'sigwatch.alert.cleared' }))).toBe(false)
    expect(spoilt((a) => Object.assign(a.data.state, { cause: 'ended' }))).toBe(false)
    expect(spoilt((a) => Object.assign(a, { subject: 'message:m1' }))).toBe(false)
    const ofMessage = JSON.parse(JSON.stringify(out.alerts[0]))
    expect(validAlert({ ...ofMessage, data: { ...ofMessage.data, match: { signature: 'x' } } })).toBe(false)
  })
})
