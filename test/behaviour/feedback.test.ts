import { describe, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Event } from '../../src/domain/events.ts'
import { clockAt } from '../../src/domain/ports.ts'
import { composeEmbedded } from '../../src/service/compose.ts'
import { loadConfig } from '../../src/settings/config.ts'
import { readJsonl, useFolder, writeJsonl } from '../helpers/jsonl.ts'

const folder = useFolder()
const T0 = Date.UTC(2026, 10, 11, 2)
const SECOND = 1000
const MINUTE = 60 * SECOND

/** A forged notice, each time to another person; the link belongs to no brand. */
const forged = (id: string, ts: number, host = 'jd-verify.top') => ({
  id,
  ts,
  from: '106900001111',
  to: `138${id.replace(/\D/g, '').padStart(8, '0')}`,
  text: `【京东】您的订单异常，请立即登录 http://${host}/a 核实，否则账户将被冻结`,
})
const quiet = (i: number, ts: number) => ({
  id: `q${i}`,
  ts,
  from: '1069012345',
  to: `139${String(i).padStart(8, '0')}`,
  text: '【顺丰速运】您的快件已到丰巢柜，请及时领取',
})

/** A forged message every 20 seconds, among others every second, so that event time goes on. */
function traffic(minutes: number): { ts: number }[] {
  const rows: { ts: number }[] = []
  for (let s = 0; s < minutes * 60; s++) {
    rows.push(quiet(s, T0 + s * SECOND))
    if (s % 20 === 10) rows.push(forged(`f${s}`, T0 + s * SECOND))
  }
  return rows
}

let runs = 0
async function run(messages: readonly { ts: number }[], feedback: readonly object[]) {
  const n = ++runs
  const file = (name: string) => folder.file(`${n}-${name}`)
  writeJsonl(file('messages.jsonl'), messages)
  writeJsonl(file('feedback.jsonl'), feedback)
  const { config } = loadConfig({
    env: {},
    folder: folder.path,
    overrides: { feedback: file('feedback.jsonl') },
    serving: false,
  })
  const events: Event[] = []
  const app = await composeEmbedded(
    config,
    { source: file('messages.jsonl'), alerts: file('alerts.jsonl'), verdicts: file('verdicts.jsonl') },
    clockAt(T0 + 24 * 60 * MINUTE),
    (event) => events.push(event),
  )
  await app.run()
  await app.close()
  const alerts = readJsonl<Alert>(file('alerts.jsonl'))
  const states = alerts.filter(({ data }) => data.state && data.reasons[0]!.code === 'FORGED_BRAND')
  return {
    alerts,
    states,
    of: (type: 'raised' | 'updated' | 'cleared') => states.filter((a) => a.type === `sigwatch.alert.${type}`),
    verdicts: readJsonl<Verdict>(file('verdicts.jsonl')),
    feedback: events.filter(({ name }) => name.startsWith('feedback_')),
  }
}

/** Median of 25 records, and one record or two a second: event time comes this far behind. */
const BEHIND = 15 * SECOND

describe('feedback through the embedded mode', () => {
  const messages = traffic(30)
  const word = (row: object) => ({ by: 'ann', ts: T0 + 5 * MINUTE, ...row })
  const until = T0 + 15 * MINUTE

  it('raises one state that stays open without feedback', async () => {
    const { of, states } = await run(messages, [])
    expect(of('raised')).toHaveLength(1)
    expect(of('cleared')).toEqual([])
    expect(states[0]!.data.target).toEqual({ kind: 'domain', id: 'jd-verify.top' })
  })

  it('false_positive on the message that tipped a state clears it, and the code stays away until `until`', async () => {
    const [raised] = (await run(messages, [])).of('raised')
    const messageId = raised!.data.message!.id
    const { of, states } = await run(messages, [word({ messageId, verdict: 'false_positive', until })])

    const [cleared] = of('cleared')
    expect(of('cleared')).toHaveLength(1)
    expect(cleared!.data.state).toMatchObject({ id: raised!.data.state!.id, cause: 'feedback' })
    expect(Date.parse(cleared!.time)).toBe(T0 + 5 * MINUTE)

    const again = of('raised')[1]!
    expect(of('raised')).toHaveLength(2)
    expect(Date.parse(again.time)).toBeGreaterThanOrEqual(until)
    expect(Date.parse(again.time)).toBeLessThanOrEqual(until + MINUTE)
    const meanwhile = states.filter(
      ({ time }) => Date.parse(time) > T0 + 5 * MINUTE && Date.parse(time) < until,
    )
    expect(meanwhile).toEqual([])
  })

  it('takes the word of a message that is only a sample of the alert', async () => {
    // Three at once: the last tips, the others are samples.
    const burst = [1, 2, 3, 4].map((i) => forged(`b${i}`, T0 + 60 * SECOND + i, 'jd-bonus.top'))
    const rows = [...traffic(20), ...burst].sort((a, b) => a.ts - b.ts)
    const raised = (await run(rows, [])).of('raised').find((a) => a.data.target.id === 'jd-bonus.top')!
    const sample = raised.data.samples!.map(({ id }) => id).find((id) => id !== raised.data.message!.id)
    expect(sample).toMatch(/^b/)
    const { of } = await run(rows, [word({ messageId: sample, verdict: 'release' })])
    expect(of('cleared').map((a) => a.data.target.id)).toContain('jd-bonus.top')
    expect(of('cleared').map((a) => a.data.target.id)).not.toContain('jd-verify.top')
  })

  it('release by the id of the state does the same, for 24 hours without `until`', async () => {
    const stateId = (await run(messages, [])).of('raised')[0]!.data.state!.id
    const { of, verdicts } = await run(messages, [word({ stateId, verdict: 'release' })])
    expect(of('cleared')).toHaveLength(1)
    expect(of('raised')).toHaveLength(1)
    const held = (ts: number) => {
      const id = `f${(ts - T0) / SECOND}`
      return verdicts.find((v) => v.id === id)!.states.includes(stateId)
    }
    expect(held(T0 + 4 * MINUTE + 10 * SECOND)).toBe(true)
    expect(held(T0 + 5 * MINUTE + 30 * SECOND + Math.ceil(BEHIND / 20_000) * 20 * SECOND)).toBe(false)
    expect(held(T0 + 29 * MINUTE + 10 * SECOND)).toBe(false)
  })

  it('release before the state was ever raised is refused', async () => {
    const stateId = (await run(messages, [])).of('raised')[0]!.data.state!.id
    const early = await run(messages, [word({ stateId, verdict: 'release', ts: T0 + SECOND, until })])
    expect(early.of('raised')).toHaveLength(1)
    expect(Date.parse(early.of('raised')[0]!.time)).toBeLessThan(until)
    expect(early.feedback).toMatchObject([
      { name: 'feedback_refused', verdict: 'release', by: 'ann', names: 'state' },
    ])
    expect(early.feedback[0]).toHaveProperty('reason', expect.stringContaining('not known'))
  })

  it('confirmed changes nothing, and feedback on an unknown message is refused', async () => {
    const [raised] = (await run(messages, [])).of('raised')
    const kept = await run(messages, [
      word({ messageId: raised!.data.message!.id, verdict: 'confirmed' }),
      word({ messageId: 'q7', verdict: 'false_positive' }),
      word({ messageId: 'q7', verdict: 'confirmed' }),
      word({ stateId: '0123456789abcdef0123456789abcdef', verdict: 'confirmed' }),
    ])
    expect(kept.of('cleared')).toEqual([])
    expect(kept.feedback).toMatchObject([
      { name: 'feedback_applied', verdict: 'confirmed', states: 0 },
      { name: 'feedback_refused', verdict: 'false_positive', by: 'ann', names: 'message' },
      { name: 'feedback_refused', verdict: 'confirmed', by: 'ann', names: 'message' },
      { name: 'feedback_refused', verdict: 'confirmed', by: 'ann', names: 'state' },
    ])
    expect(kept.feedback[0]).toHaveProperty('codes', expect.arrayContaining(['FORGED_BRAND']))
  })
})

describe('what a false positive was raised for asks for nothing until its time', () => {
  const other = (i: number) => forged(`o${i}`, T0 + (i * 20 + 5) * SECOND, 'jd-bonus.top')
  const messages = [...traffic(30), ...Array.from({ length: 90 }, (_, i) => other(i))].sort(
    (a, b) => a.ts - b.ts,
  )
  const word = (row: object) => ({ by: 'ann', ts: T0 + 5 * MINUTE, ...row })
  const until = T0 + 15 * MINUTE
  /** From the first message whose batch is certain to come after the word to the last bucket that ends before `until`. */
  const meanwhile = (verdict: Verdict) => {
    const ts = T0 + Number(verdict.id.slice(1)) * SECOND
    return verdict.id.startsWith('f') && ts > T0 + 5 * MINUTE + 2 * BEHIND && ts < until - 10 * SECOND
  }
  const afterwards = ({ id }: Verdict) => id.startsWith('f') && T0 + Number(id.slice(1)) * SECOND >= until

  it('on a state: messages that its match covers, for its code', async () => {
    const raised = (await run(messages, [])).of('raised').find((a) => a.data.target.id === 'jd-verify.top')!
    const stateId = raised.data.state!.id
    const { of, verdicts, alerts, feedback } = await run(messages, [
      word({ stateId, verdict: 'false_positive', until, note: 'a declared campaign of 13800001234' }),
    ])
    const allowed = verdicts.filter(meanwhile)
    expect(allowed.length).toBeGreaterThan(20)
    for (const verdict of allowed) {
      expect(verdict.reasons).toContain('FORGED_BRAND')
      expect(verdict.states).not.toContain(stateId)
    }
    const asked = alerts.filter(({ data }) =>
      data.reasons.some((reason) => reason.code === 'FORGED_BRAND' && reason.action !== 'none'),
    )
    const about = (v: Verdict) => asked.some(({ subject }) => subject === `message:${v.id}`)
    expect(allowed.filter(about)).toEqual([])
    const later = verdicts.filter(afterwards)
    expect(later.filter(about)).toHaveLength(later.length)
    // Another link is another cause.
    const others = verdicts.filter(({ id }) => id.startsWith('o'))
    expect(others.filter(about)).toHaveLength(others.length)
    expect(of('cleared')).toHaveLength(1)
    expect(of('cleared')[0]!.data.feedback).toEqual({
      by: 'ann',
      note: expect.stringMatching(/^a declared campaign of (?!13800001234)/),
      until: new Date(until).toISOString(),
    })
    expect(feedback).toMatchObject([
      {
        name: 'feedback_applied',
        verdict: 'false_positive',
        by: 'ann',
        note: expect.not.stringContaining('13800001234'),
        codes: ['FORGED_BRAND'],
        states: 1,
        until: new Date(until).toISOString(),
      },
    ])
  })

  it('on a message that raised no state: its like from the same sender', async () => {
    const alone = (id: string, minute: number, from: string) => ({
      ...forged(id, T0 + minute * MINUTE, `jd-${minute % 7}a${minute}.top`),
      from,
    })
    const rows = [
      ...Array.from({ length: 1200 }, (_, s) => quiet(s, T0 + s * SECOND)),
      alone('m1', 1, '106900001111'),
      alone('m2', 14, '106900001111'),
      alone('m3', 14.5, '106900002222'),
    ].sort((a, b) => a.ts - b.ts)
    const { verdicts, feedback } = await run(rows, [
      word({ messageId: 'm1', verdict: 'false_positive', until: T0 + 30 * MINUTE }),
    ])
    const action = (id: string) => verdicts.find((v) => v.id === id)!.action
    expect([action('m1'), action('m2'), action('m3')]).toEqual(['block', 'pass', 'block'])
    expect(feedback).toMatchObject([{ name: 'feedback_applied', verdict: 'false_positive', states: 0 }])
  })

  it('release leaves the messages to be judged', async () => {
    const raised = (await run(messages, [])).of('raised').find((a) => a.data.target.id === 'jd-verify.top')!
    const { verdicts } = await run(messages, [
      word({ stateId: raised.data.state!.id, verdict: 'release', until }),
    ])
    const released = verdicts.filter(meanwhile)
    expect(released.flatMap(({ states }) => states)).not.toContain(raised.data.state!.id)
    expect(new Set(released.map(({ action }) => action))).toEqual(new Set(['block']))
  })

  it('exempt: a target beforehand, for the codes that it names and no other', async () => {
    const exempt = (codes: string[]) =>
      run(messages, [
        { by: 'ann', ts: T0 + SECOND, target: 'domain:jd-verify.top', verdict: 'exempt', codes, until },
      ])
    const { states, verdicts, feedback } = await exempt(['FORGED_BRAND'])
    const of = (id: string) => states.filter((a) => a.data.target.id === id)
    expect(of('jd-bonus.top').length).toBeGreaterThan(0)
    expect(Date.parse(of('jd-verify.top')[0]!.time)).toBeGreaterThanOrEqual(until)
    for (const verdict of verdicts.filter(meanwhile)) expect(verdict.reasons).toContain('FORGED_BRAND')
    expect(feedback).toMatchObject([
      { name: 'feedback_applied', verdict: 'exempt', codes: ['FORGED_BRAND'], states: 0 },
    ])
    const wrong = await exempt(['NO_CONSENT'])
    expect(wrong.verdicts.filter(meanwhile).map(({ action }) => action)).not.toContain('pass')
    expect(Date.parse(wrong.states.find((a) => a.data.target.id === 'jd-verify.top')!.time)).toBeLessThan(
      until,
    )
  })

  it('feedback on a target releases its open states, and is refused if there never were any', async () => {
    const { of, feedback } = await run(messages, [
      word({ target: 'domain:jd-verify.top', verdict: 'release', until }),
      word({ target: 'domain:quiet.top', verdict: 'release', until }),
    ])
    expect(of('cleared').map(({ data }) => data.target.id)).toEqual(['jd-verify.top'])
    expect(feedback).toMatchObject([
      { name: 'feedback_applied', codes: expect.arrayContaining(['FORGED_BRAND']) },
      { name: 'feedback_refused', names: 'target' },
    ])
  })

  it('an undo takes back what was said: the state rises again', async () => {
    const raised = (await run(messages, [])).of('raised').find((a) => a.data.target.id === 'jd-verify.top')!
    const stateId = raised.data.state!.id
    const { of, verdicts, feedback } = await run(messages, [
      word({ stateId, verdict: 'false_positive', feedbackId: 'f1' }),
      word({ undo: 'f1', by: 'ben', ts: T0 + 10 * MINUTE }),
      word({ undo: 'f1', by: 'ben', ts: T0 + 12 * MINUTE }),
      word({ undo: 'f2', by: 'ben', ts: T0 + 12 * MINUTE }),
    ])
    expect(feedback).toMatchObject([
      { name: 'feedback_applied', verdict: 'false_positive' },
      { name: 'feedback_applied', verdict: 'undo', by: 'ben', states: 1 },
      { name: 'feedback_applied', verdict: 'undo', by: 'ben', states: 1 },
      { name: 'feedback_refused', verdict: 'undo', by: 'ben', names: 'feedback' },
    ])
    const again = of('raised').filter(({ data }) => data.state!.id === stateId)
    expect(again).toHaveLength(2)
    expect(Date.parse(again[1]!.time)).toBeGreaterThanOrEqual(T0 + 10 * MINUTE - BEHIND)
    const held = (minute: number) =>
      verdicts.find(({ id }) => id === `f${minute * 60 + 10}`)!.states.includes(stateId)
    expect([held(4), held(8), held(14)]).toEqual([true, false, true])
  })
})
