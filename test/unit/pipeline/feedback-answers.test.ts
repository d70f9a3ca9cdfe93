import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { FeedbackAnswers } from '../../../src/pipeline/feedback-answers.ts'
import type { Feedback } from '../../../src/pipeline/side-inputs/rows.ts'
import { readSideRow } from '../../../src/pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../../src/text/canonical-number.ts'

const ROW = rowOf({ stateId: 'a'.repeat(32), verdict: 'release', by: 'ann', ts: Date.now() })
const OUTCOME = { outcome: 'applied', states: ['s'], until: 0 } as const

function rowOf(value: object): Feedback {
  const read = readSideRow('feedback', value, canonicalNumber)
  if ('message' in read) throw new Error(read.message)
  return read.row
}

/** Leases as the shared store keeps them. */
function leases() {
  const held = new Map<string, { readonly holder: string; readonly until: number }>()
  return {
    async lease(name: string, holder: string, ttlMs: number) {
      const now = performance.now()
      const known = held.get(name)
      if (known && known.holder !== holder && known.until > now) return false
      held.set(name, { holder, until: now + ttlMs })
      return true
    },
  }
}

describe('FeedbackAnswers', () => {
  function instances(fails: readonly ('hangs' | 'fails' | undefined)[]) {
    const store = leases()
    const written: string[] = []
    const answers = fails.map(
      (how, i) =>
        new FeedbackAnswers({
          store,
          holder: `instance ${i}`,
          clock: { now: Date.now },
          emit: () => {},
          signal: new AbortController().signal,
          writeWithin: 100,
          sink: {
            has: () => true,
            async write() {
              if (how === 'hangs') await new Promise(() => {})
              if (how === 'fails') throw new Error('the sink is closed')
              written.push(`instance ${i}`)
            },
          },
        }),
    )
    return { written, answers }
  }

  it('answer a row once, whichever instance applies it first', async () => {
    const { written, answers } = instances([undefined, undefined, undefined])
    for (const one of answers) await one.answer(ROW, OUTCOME)
    await sleep(300)
    expect(written).toEqual(['instance 0'])
  })

  it.each(['hangs', 'fails'] as const)('answer it by another instance where the first %s', async (how) => {
    const { written, answers } = instances([how, undefined, undefined])
    for (const one of answers) void one.answer(ROW, OUTCOME)
    await sleep(400)
    expect(written).toHaveLength(1)
  })

  it('leave rows of long ago to the instance that has the lease', async () => {
    const { written, answers } = instances(['hangs', undefined])
    const old = { ...ROW, ts: Date.now() - 120_000 }
    for (const one of answers) void one.answer(old, OUTCOME)
    await sleep(300)
    expect(written).toEqual([])
  })
})
