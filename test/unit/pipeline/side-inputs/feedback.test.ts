import { expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events.ts'
import { applyFeedback, type FeedbackParts } from '../../../../src/pipeline/side-inputs/feedback.ts'
import type { Feedback } from '../../../../src/pipeline/side-inputs/rows.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { T0 } from '../../../helpers/state-fixtures.ts'

const ID = 'f'.repeat(32)

const givenHere = () => new MemoryStateStore({ clock: { now: () => T0 } }).given

/** What comes of a row of which the store knows nothing. */
async function outcomeOf(row: Partial<Feedback>, isOfBefore: boolean, given = givenHere()) {
  const events: Event[] = []
  const released: [string, unknown][] = []
  const allowed: string[] = []
  const parts = {
    states: {
      release: async (id: string, _at: number, _feedback: unknown, how: unknown) => {
        released.push([id, how])
        return false
      },
      open: [],
      allowances: {
        add: async ({ id }: { readonly id: string }) => void allowed.push(id),
        forgetSignal: () => undefined,
      },
    },
    store: {
      get: async (ids: readonly string[]) => ids.map(() => undefined),
      alerted: async () => undefined,
      suppress: async () => undefined,
      given,
    },
    deployment: 'test',
    emit: (event: Event) => events.push(event),
    isOfBefore,
  } as unknown as FeedbackParts
  const feedback: Feedback = { verdict: 'false_positive', until: T0 + 1, by: 'ann', ts: T0, ...row }
  await applyFeedback(feedback, parts)
  const [event] = events as [Extract<Event, { readonly restored?: true }>]
  return {
    event: event.name,
    ...(event.restored ? { restored: true } : {}),
    released,
    allowed: allowed.length,
  }
}

it('refuses feedback on what is not known', async () => {
  const refused = { event: 'feedback_refused', released: [], allowed: 0 }
  expect(await outcomeOf({ stateId: ID }, false)).toEqual(refused)
  expect(await outcomeOf({ target: { kind: 'port', id: '1069' } }, false)).toEqual(refused)
  // What an alert on a message rested on is gone, and a number is no id.
  const before = { ...refused, restored: true }
  expect(await outcomeOf({ messageId: 'm1' }, true)).toEqual(before)
  expect(await outcomeOf({ stateId: '13800138000' }, true)).toEqual(before)
})

it('keeps down what may have been forgotten since the row was written', async () => {
  expect(await outcomeOf({ stateId: ID }, true)).toEqual({
    event: 'feedback_applied',
    released: [[ID, 'allowed']],
    allowed: 0,
  })
  expect(await outcomeOf({ stateId: ID, verdict: 'release' }, true)).toMatchObject({
    released: [[ID, 'silent']],
  })
  expect(await outcomeOf({ stateId: ID, verdict: 'confirmed' }, true)).toMatchObject({
    released: [],
    allowed: 0,
  })
  const port = await outcomeOf({ target: { kind: 'port', id: '1069' }, codes: ['PORT_SUBLET'] }, true)
  expect(port).toMatchObject({ event: 'feedback_applied', allowed: 1 })
  expect(port.released).toHaveLength(1)
})

it('marks feedback that took effect before the start as read again', async () => {
  const given = givenHere()
  const row = { stateId: ID, feedbackId: 'f1' }
  // Written while no instance ran.
  expect(await outcomeOf(row, true, given)).not.toHaveProperty('restored')
  expect(await outcomeOf(row, true, given)).toMatchObject({ event: 'feedback_applied', restored: true })
  // Another instance was faster.
  expect(await outcomeOf(row, false, given)).not.toHaveProperty('restored')
  const undo = { undo: 'f1', ts: T0 + 1 } as Partial<Feedback>
  expect(await outcomeOf(undo, true, given)).not.toHaveProperty('restored')
  expect(await outcomeOf(undo, true, given)).toMatchObject({ event: 'feedback_applied', restored: true })
})
