import { expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events.ts'
import { applyFeedback, type FeedbackParts } from '../../../../src/pipeline/side-inputs/feedback.ts'
import type { Feedback } from '../../../../src/pipeline/side-inputs/rows.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { T0 } from '../../../helpers/state-fixtures.ts'

const ID = 'f'.repeat(32)

/** What comes of a row of which the store knows nothing. */
async function outcomeOf(row: Partial<Feedback>, isOfBefore: boolean) {
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
      allowances: { add: async ({ id }: { readonly id: string }) => void allowed.push(id) },
    },
    store: {
      get: async (ids: readonly string[]) => ids.map(() => undefined),
      alerted: async () => undefined,
      given: new MemoryStateStore({ clock: { now: () => T0 } }).given,
    },
    deployment: 'test',
    emit: (event: Event) => events.push(event),
    isOfBefore,
  } as unknown as FeedbackParts
  const feedback: Feedback = { verdict: 'false_positive', until: T0 + 1, by: 'ann', ts: T0, ...row }
  await applyFeedback(feedback, parts)
  return { event: events[0]!.name, released, allowed: allowed.length }
}

it('refuses feedback on what is not known', async () => {
  const refused = { event: 'feedback_refused', released: [], allowed: 0 }
  expect(await outcomeOf({ stateId: ID }, false)).toEqual(refused)
  expect(await outcomeOf({ target: { kind: 'port', id: '1069' } }, false)).toEqual(refused)
  // What an alert on a message rested on is gone, and a number is no id.
  expect(await outcomeOf({ messageId: 'm1' }, true)).toEqual(refused)
  expect(await outcomeOf({ stateId: '13800138000' }, true)).toEqual(refused)
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
