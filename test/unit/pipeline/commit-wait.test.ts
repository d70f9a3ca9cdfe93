import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { backlogWaitsForCommits } from '../../../src/pipeline/commit-wait.ts'

const NOW = 1_800_000_000_000
const OLD = [{ eventTime: NOW - 3_600_000 }, { eventTime: NOW - 120_000 }]
const clock = { now: () => NOW }

/** Begins to wait; says whether it still does after some looks, and how to end what it waits for. */
async function waiting(items: readonly { readonly eventTime: number }[], uncommitted: number | undefined) {
  let ms = uncommitted
  let over = false
  let waits = true
  const source = ms === undefined ? {} : { uncommittedFor: () => ms! }
  const ended = backlogWaitsForCommits(items, { source, clock, isOver: () => over }).then(() => {
    waits = false
  })
  await sleep(120)
  return {
    waits: () => waits,
    async becomes(next: number) {
      ms = next
      await ended
    },
    async ends() {
      over = true
      await ended
    },
  }
}

it('lets a backlog wait until a commit has succeeded', async () => {
  const { waits, becomes } = await waiting(OLD, 1_500)
  expect(waits()).toBe(true)
  await becomes(30)
})

it('lets it wait no longer than twenty seconds', async () => {
  const { waits, becomes } = await waiting(OLD, 20_900)
  expect(waits()).toBe(true)
  await becomes(21_000)
})

it('lets it wait no more when it is given up', async () => {
  const { waits, ends } = await waiting(OLD, 1_500)
  expect(waits()).toBe(true)
  await ends()
})

it.each([
  ['records among which one is live', [...OLD, { eventTime: NOW - 2_000 }], 1_500],
  ['a backlog whose commits are prompt', OLD, 900],
  ['a backlog of a source that does not commit', OLD, undefined],
])('does not hold up %s', async (_, items, uncommitted) => {
  expect((await waiting(items, uncommitted)).waits()).toBe(false)
})
