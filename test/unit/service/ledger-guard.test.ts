import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { SharedLedger } from '../../../src/domain/consent-ledger.ts'
import { InvalidInput, SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { LedgerGuard } from '../../../src/service/ledger-guard.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const badRow = () =>
  new InvalidInput('LEDGER_INVALID', [{ file: 'consents.jsonl', line: 7, message: 'ts: is missing' }])
const away = () => new SigwatchError('REDIS_UNREACHABLE', 'no answer within 100 ms')

/** A guard whose readings end as `results` say, one after the other: an error, or undefined for a success. */
async function guardOf(results: (Error | undefined)[]) {
  const events: Event[] = []
  let readings = 0
  let restored = 0
  const guard = new LedgerGuard({
    reread: async () => {
      const error = results[readings++]
      if (error) throw error
    },
    emit: (event) => void events.push(event),
  })
  const ledger = { check: async () => 0, migrate: async () => 0, restored: () => void restored++ }
  await guard.start(ledger as unknown as SharedLedger)
  return { guard, events, names: () => events.map(({ name }) => name), ends: () => ({ readings, restored }) }
}

it('names the fault of a file that cannot be read again, and reads it a minute later', async () => {
  const { guard, events, names, ends } = await guardOf([badRow(), undefined])
  guard.lost()
  await vi.advanceTimersByTimeAsync(0)
  expect(events.at(-1)).toEqual({
    name: 'failed',
    code: 'LEDGER_INVALID',
    reason: expect.stringMatching(/consents\.jsonl.*7.*ts: is missing.*60 s/s),
  })
  await vi.advanceTimersByTimeAsync(59_000)
  expect(ends()).toEqual({ readings: 1, restored: 0 })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ends()).toEqual({ readings: 2, restored: 1 })
  expect(names()).toEqual(['ledger_lost', 'failed', 'ledger_restored'])
  guard.stop()
})

it('counts one loss, however often the reading is tried', async () => {
  const { guard, names, ends } = await guardOf([away(), away(), undefined])
  guard.lost()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(names()).toEqual(['ledger_lost', 'warning', 'warning', 'ledger_restored'])
  expect(ends()).toEqual({ readings: 3, restored: 1 })
  guard.stop()
})

it.each([badRow, away])('reads nothing more after it is stopped (%o)', async (fails) => {
  const { guard, ends } = await guardOf([fails(), undefined])
  guard.lost()
  await vi.advanceTimersByTimeAsync(0)
  guard.stop()
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(ends()).toEqual({ readings: 1, restored: 0 })
})
