import { describe, expect, it } from 'vitest'
import type { StateStore } from '../../../src/domain/state-store.ts'
import { SideRows } from '../../../src/pipeline/side-inputs/side-rows.ts'
import { memoryLedger } from '../../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import type { StateManager } from '../../../src/stores/states/manager.ts'

const T0 = Date.UTC(2026, 10, 11, 1)
const MINUTE = 60_000
const pair = { signature: '花满楼', to: '13700000008' }
const at = (ts: number) => ({ ts, from: '106977770001', to: pair.to })
const sent = (ts: number) => ({ ...pair, port: '106977770001', ts })

describe('a refusal by reply', () => {
  it('counts for a later message although the event time comes behind, and again when it is reached', async () => {
    const ledger = memoryLedger()
    const rows = new SideRows({
      ledger,
      features: memoryFeatureStore(),
      states: {} as StateManager,
      store: {} as StateStore,
      deployment: 'test',
      versions: {
        get current(): never {
          throw new Error('not asked')
        },
      },
      emit: () => {},
    })
    const reply = { ts: T0 + 2 * MINUTE, from: pair.to, to: '106977770001', text: 'T' }
    rows.add([
      { input: 'replies', row: reply, position: { topic: 'replies.jsonl', partition: 0, offset: 1 } },
    ])
    await ledger.remember([sent(T0), sent(T0 + 3 * MINUTE)])
    await rows.advance(T0, [at(T0 + MINUTE)])
    expect(await ledger.lookup([pair])).toEqual([[]])
    await rows.advance(T0, [at(T0 + 3 * MINUTE)])
    expect(await ledger.lookup([pair])).toEqual([[{ state: 'out', ts: T0 + 2 * MINUTE }]])
    expect(rows.waiting).toBe(1)
    await rows.advance(T0 + 2 * MINUTE)
    expect(rows.waiting).toBe(0)
    expect(await ledger.lookup([pair])).toEqual([[{ state: 'out', ts: T0 + 2 * MINUTE }]])
  })

  it('acts again ahead of the event time only where its port has sent to its subscriber since', async () => {
    const ledger = memoryLedger()
    let asked = 0
    const rows = new SideRows({
      ledger: {
        apply: (changes) => ledger.apply(changes),
        sentBy: (...args) => {
          asked++
          return ledger.sentBy(...args)
        },
      },
      features: memoryFeatureStore(),
      states: {} as StateManager,
      store: {} as StateStore,
      deployment: 'test',
      versions: {
        get current(): never {
          throw new Error('not asked')
        },
      },
      emit: () => {},
    })
    rows.add(
      Array.from({ length: 500 }, (_, i) => ({
        input: 'replies' as const,
        row: { ts: T0 + MINUTE, from: `1370000${i}`, to: '106977770001', text: 'T' },
        position: { topic: 'replies.jsonl', partition: 0, offset: i },
      })),
    )
    const others = { ts: T0 + 2 * MINUTE, from: '106977770001', to: '13999999999' }
    for (let batch = 0; batch < 20; batch++) await rows.advance(T0, [others])
    expect(asked).toBe(500)
    await ledger.remember([{ port: '106977770001', to: '13700007', signature: '花满楼', ts: T0 }])
    await rows.advance(T0, [{ ...others, to: '13700007' }])
    expect(asked).toBe(501)
    expect(await ledger.lookup([{ signature: '花满楼', to: '13700007' }])).toEqual([
      [{ state: 'out', ts: T0 + MINUTE }],
    ])
  })
})
