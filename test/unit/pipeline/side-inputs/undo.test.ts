import { expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events.ts'
import type { VersionsInForce } from '../../../../src/domain/versions.ts'
import { applyFeedback } from '../../../../src/pipeline/side-inputs/feedback.ts'
import { feedbackIdOf } from '../../../../src/pipeline/side-inputs/feedback-id.ts'
import { readSideRow } from '../../../../src/pipeline/side-inputs/rows.ts'
import { SideRows, type SideRowsParts } from '../../../../src/pipeline/side-inputs/side-rows.ts'
import { StateManager } from '../../../../src/stores/states/manager.ts'
import { ManualStates } from '../../../../src/stores/states/manual.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { StatePublisher } from '../../../../src/stores/states/publisher.ts'
import { canonicalNumber } from '../../../../src/text/canonical-number.ts'
import { registryOf } from '../../../helpers/detector-fixtures.ts'
import {
  ALERT_OPTIONS,
  MINUTE,
  manualClock,
  message,
  policyOf,
  recordingSink,
  signal,
  T0,
  versionsOf,
} from '../../../helpers/state-fixtures.ts'

const position = { topic: 'sms.feedback', partition: 0, offset: 4 }
const registry = registryOf({})

/** An instance with a store of its own, or with that of another. */
async function instance(store = new MemoryStateStore({ clock: { now: () => T0 } })) {
  const events: Event[] = []
  const clock = manualClock()
  const publisher = new StatePublisher({ store, sink: recordingSink(), blocksFrom: 'throttle' })
  const managerParts = {
    ...{ alerts: ALERT_OPTIONS, store, versions: versionsOf(() => policyOf()), outbox: publisher, clock },
    lateAfterExpiry: true,
  }
  const [states, manual] = [new StateManager(managerParts), new ManualStates(managerParts)]
  await states.refresh()
  const rowOf = (value: object) => {
    const read = readSideRow('feedback', { by: 'ann', ...value }, canonicalNumber)
    if ('message' in read) throw new Error(`${read.key}: ${read.message}`)
    return read.row
  }
  const say = (value: object, isOfBefore = false) =>
    applyFeedback(rowOf(value), {
      ...{
        states,
        store,
        deployment: 'test',
        emit: (event) => events.push(event),
        registry,
        manual,
        position,
        isOfBefore,
      },
    })
  /** Raises the state again at a time, if anything lets it. */
  const rise = async (at: number) => {
    await states.apply([{ signal: signal({ at }), message: message({ ts: at }), position }])
    return [...states.open].some(({ code }) => code === 'MARKETING_BURST')
  }
  const openByHand = () => [...states.open].filter(({ byHand }) => byHand).map(({ target }) => target.id)
  const isAllowed = (ts: number) =>
    states.allowances.covers(message(), ['signature:京东'], 'MARKETING_BURST', ts)
  const [stateId] = await rise(T0).then(() => [...states.open].map(({ id }) => id))
  return { store, say, rise, rowOf, openByHand, isAllowed, stateId: stateId!, events, states, manual }
}

const AT = T0 + MINUTE

it('lets a state rise again that a release kept down', async () => {
  const { say, rise, stateId, rowOf, events } = await instance()
  const release = { stateId, verdict: 'release', ts: AT }
  await say(release)
  expect(await rise(T0 + 5 * MINUTE)).toBe(false)
  const undo = { undo: feedbackIdOf(rowOf(release)), ts: T0 + 6 * MINUTE }
  expect(await say(undo)).toEqual({ outcome: 'undone', states: [stateId] })
  expect(events.at(-1)).toMatchObject({
    name: 'feedback_applied',
    verdict: 'undo',
    names: 'feedback',
    states: 1,
  })
  expect(await rise(T0 + 7 * MINUTE)).toBe(true)
})

it('takes back what a false positive and an exemption allow', async () => {
  const { say, isAllowed, stateId } = await instance()
  await say({ stateId, verdict: 'false_positive', ts: AT, feedbackId: 'f1' })
  await say({ target: 'signature:京东', verdict: 'exempt', ts: AT + 1, feedbackId: 'f2' })
  expect(isAllowed(AT)).toBe(true)
  await say({ undo: 'f1', ts: AT + 2 })
  expect(isAllowed(AT)).toBe(true)
  await say({ undo: 'f2', ts: AT + 3 })
  expect(isAllowed(AT)).toBe(false)
})

it('leaves what other feedback says of the same state', async () => {
  const { say, rise, stateId } = await instance()
  await say({ stateId, verdict: 'release', ts: AT, feedbackId: 'f1' })
  await say({ stateId, verdict: 'release', ts: AT + 1, until: T0 + 20 * MINUTE, feedbackId: 'f2' })
  await say({ undo: 'f1', ts: AT + 2 })
  expect(await rise(T0 + 10 * MINUTE)).toBe(false)
  await say({ undo: 'f2', ts: AT + 3 })
  expect(await rise(T0 + 11 * MINUTE)).toBe(true)
})

it('ends a manual block, unless it was ordered again later', async () => {
  const { say, openByHand } = await instance()
  const block = { target: 'port:10690001', verdict: 'block', note: 'why' }
  await say({ ...block, ts: AT, feedbackId: 'b1' })
  await say({ ...block, ts: AT + 5, feedbackId: 'b2' })
  await say({ undo: 'b1', ts: AT + 6 })
  expect(openByHand()).toEqual(['10690001'])
  await say({ undo: 'b2', ts: AT + 7 })
  expect(openByHand()).toEqual([])
  // It may be ordered again.
  await say({ ...block, ts: AT + 8, feedbackId: 'b3' })
  expect(openByHand()).toEqual(['10690001'])
})

it.each([
  ['of its target', () => ({ target: 'port:10690001' })],
  ['of its state', (id: string) => ({ stateId: id })],
])('lets a block stand that was ordered after an unblock %s, when the rows are read again', async (_, of) => {
  const { say, openByHand, manual } = await instance()
  const target = { kind: 'port', id: '10690001' } as const
  const rows = [
    { target: 'port:10690001', verdict: 'block', note: 'one', ts: AT, feedbackId: 'b1' },
    { ...of(manual.idOf(target)), verdict: 'unblock', ts: AT + 1, feedbackId: 'u1' },
    { target: 'port:10690001', verdict: 'block', note: 'two', ts: AT + 2, feedbackId: 'b2' },
  ]
  for (const row of rows) expect(await say(row)).toMatchObject({ outcome: 'applied' })
  for (const row of rows) expect(await say(row, true)).toMatchObject({ outcome: 'applied' })
  expect(openByHand()).toEqual(['10690001'])
})

it('refuses an unblock that is older than the block', async () => {
  const { say, openByHand } = await instance()
  await say({ target: 'port:10690001', verdict: 'block', note: 'why', ts: AT + 1 })
  expect(await say({ target: 'port:10690001', verdict: 'unblock', ts: AT })).toEqual({
    outcome: 'refused',
    why: 'it was blocked again after this row was written',
  })
  expect(openByHand()).toEqual(['10690001'])
})

it('undoes a batch, but for what was said in it later', async () => {
  const { say, openByHand } = await instance()
  const block = (port: string, ts: number) =>
    say({ target: `port:${port}`, verdict: 'block', note: 'why', batch: 'list 7', ts })
  await block('10690001', AT)
  await block('10690002', AT)
  await block('10690003', AT + 9)
  const undone = await say({ undo: 'list 7', ts: AT + 5 })
  expect(undone).toMatchObject({ outcome: 'undone', states: [expect.any(String), expect.any(String)] })
  expect(openByHand()).toEqual(['10690003'])
})

it('undoes the rest of a batch that ended blocks too', async () => {
  const { say, openByHand } = await instance()
  await say({ target: 'port:10690001', verdict: 'block', note: 'why', batch: 'b', ts: AT })
  await say({ target: 'port:10690002', verdict: 'block', note: 'why', ts: AT })
  await say({ target: 'port:10690002', verdict: 'unblock', batch: 'b', ts: AT + 1 })
  expect(await say({ undo: 'b', ts: AT + 2 })).toMatchObject({ outcome: 'undone' })
  expect(openByHand()).toEqual([])
})

it('keeps a row that is read again from acting for a moment, where the store lost that it was undone', async () => {
  const { store, rowOf, states, manual } = await instance()
  const outcomes: string[] = []
  const versions = { current: { registry, policy: policyOf() } } as unknown as VersionsInForce
  const rows = new SideRows({
    ...{ states, store, deployment: 'test', manual, versions, emit: () => {} },
    ...({} as Pick<SideRowsParts, 'ledger' | 'features'>),
    answer: async (_, { outcome }) => void outcomes.push(outcome),
  })
  const block = { target: 'port:10690001', verdict: 'block', note: 'why', feedbackId: 'b1', ts: AT }
  const later = { ...block, target: 'port:10690002', feedbackId: 'b2' }
  const values = [block, later, { undo: 'b1', ts: AT + 5 }]
  rows.add(values.map((value) => ({ input: 'feedback', row: rowOf(value), position, isOfBefore: true })))
  await rows.advance(AT + 10)
  expect(outcomes).toEqual(['undone', 'applied', 'undone'])
  const ids = ['10690001', '10690002'].map((id) => manual.idOf({ kind: 'port', id }))
  // The first never rose.
  expect((await store.get(ids)).map((state) => state?.open)).toEqual([undefined, true])
})

it('is once as twice, and the row that was undone does nothing when it is read again', async () => {
  const { say, rise, stateId } = await instance()
  const release = { stateId, verdict: 'release', ts: AT, feedbackId: 'f1' }
  await say(release)
  const first = await say({ undo: 'f1', ts: AT + 1 })
  expect(await rise(T0 + 5 * MINUTE)).toBe(true)
  expect(await say({ undo: 'f1', ts: T0 + 6 * MINUTE })).toEqual(first)
  expect(await say(release)).toEqual(first)
  expect(await rise(T0 + 7 * MINUTE)).toBe(true)
  // Somebody says it once more.
  expect(await say({ ...release, ts: T0 + 8 * MINUTE })).toMatchObject({ outcome: 'applied' })
  expect(await rise(T0 + 9 * MINUTE)).toBe(false)
})

it('finds what another instance did, and what that one knew', async () => {
  const one = await instance()
  const shown = [...one.states.open][0]!.shown![0]!
  await one.store.rememberAlerted([{ id: shown, codes: ['MARKETING_BURST'], match: { ports: ['1'] } }])
  const word = { messageId: shown, verdict: 'false_positive', ts: AT, feedbackId: 'f1' }
  await one.say(word)
  const other = await instance(one.store)
  // The state is closed there: nothing open shows the message.
  await other.say(word)
  expect(await other.rise(T0 + 5 * MINUTE)).toBe(false)
  expect(await other.say({ undo: 'f1', ts: AT + 1 })).toEqual({ outcome: 'undone', states: [one.stateId] })
  expect(await other.rise(T0 + 6 * MINUTE)).toBe(true)
})

it.each([
  ['never given', { undo: 'nothing', ts: AT }, 'it was never given'],
  ['given later', { undo: 'f1', ts: AT - 1 }, 'it was never given'],
  ['refused', { undo: 'f2', ts: AT }, 'it was never given'],
  ['an undo itself', { undo: 'u1', ts: AT + 9 }, 'it was never given'],
  ['the end of a block', { undo: 'e1', ts: AT + 9 }, 'block it again'],
])('is refused for what was %s', async (_, undo, why) => {
  const { say, stateId, events } = await instance()
  const about = { target: 'port:10690001' }
  await say({ ...about, verdict: 'block', note: 'why', ts: AT })
  await say({ stateId, verdict: 'release', ts: AT, feedbackId: 'f1' })
  await say({ stateId: 'f'.repeat(32), verdict: 'release', ts: AT, feedbackId: 'f2' })
  await say({ ...about, verdict: 'unblock', ts: AT + 1, feedbackId: 'e1' })
  await say({ undo: 'f1', ts: AT + 2, feedbackId: 'u1' })
  expect(await say(undo)).toEqual({ outcome: 'refused', why: expect.stringContaining(why) })
  expect(events.at(-1)).toMatchObject({ name: 'feedback_refused', verdict: 'undo', names: 'feedback' })
})

it('reads rows that undo, and says what is wrong with them', () => {
  const read = (row: object) => readSideRow('feedback', { by: 'ann', ts: T0, ...row }, canonicalNumber)
  expect(read({ undo: 'f1' })).toMatchObject({ row: { verdict: 'undo', undo: 'f1' } })
  expect(read({ undo: 'f1', verdict: 'undo' })).toMatchObject({ row: { undo: 'f1' } })
  expect(read({ undo: 'f1', verdict: 'release' })).toMatchObject({ key: 'undo' })
  expect(read({ undo: 'f1', stateId: 'a' })).toMatchObject({
    key: 'undo',
  })
  expect(read({ stateId: 'a' })).toEqual({ key: 'verdict', message: 'is missing' })
  expect(read({ stateId: 'a', verdict: 'confirmed', label: 'fraud' })).toMatchObject({
    row: { label: 'fraud' },
  })
  expect(read({ stateId: 'a', verdict: 'confirmed', label: 'bad' })).toMatchObject({ key: 'label' })
})
