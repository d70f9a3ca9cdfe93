import { describe, expect, it } from 'vitest'
import { createSideRows } from '../../src/app/side-rows.ts'
import { memoryFeatureStore } from '../../src/features/memory.ts'
import { memoryLedger } from '../../src/ledgers/memory.ts'
import type { StateManager } from '../../src/states/manager.ts'

const T0 = Date.UTC(2026, 10, 11, 1)
const MINUTE = 60_000
const pair = { signature: '花满楼', to: '13700000008' }
const sent = (ts: number) => ({ ...pair, port: '106977770001', ts })

describe('a refusal by reply', () => {
  it('counts for a later message although the event time comes behind, and again when it is reached', async () => {
    const ledger = memoryLedger()
    const rows = createSideRows({
      ledger,
      features: memoryFeatureStore(),
      manager: {} as StateManager,
      context: () => {
        throw new Error('not asked')
      },
      emit: () => {},
    })
    const reply = { ts: T0 + 2 * MINUTE, from: pair.to, to: '106977770001', text: 'T' }
    rows.add([
      { input: 'replies', row: reply, position: { topic: 'replies.jsonl', partition: 0, offset: 1 } },
    ])
    await ledger.remember([sent(T0), sent(T0 + 3 * MINUTE)])
    await rows.advance(T0, T0 + MINUTE)
    expect(await ledger.lookup([pair])).toEqual([[]])
    await rows.advance(T0, T0 + 3 * MINUTE)
    expect(await ledger.lookup([pair])).toEqual([[{ state: 'out', ts: T0 + 2 * MINUTE }]])
    expect(rows.waiting).toBe(1)
    await rows.advance(T0 + 2 * MINUTE)
    expect(rows.waiting).toBe(0)
    expect(await ledger.lookup([pair])).toEqual([[{ state: 'out', ts: T0 + 2 * MINUTE }]])
  })
})
