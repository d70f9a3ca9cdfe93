import { describe, expect, it } from 'vitest'
import { clearedAlert } from '../../../../src/detection/alerts/state-alert.ts'
import type { PartitionProgress } from '../../../../src/domain/state-store.ts'
import { clear } from '../../../../src/stores/states/lifecycle.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { watermarkOf } from '../../../../src/stores/states/watermark.ts'
import { MINUTE, manualClock, raised, SECOND, T0 } from '../../../helpers/state-fixtures.ts'

const partition = (n: number, over: Partial<PartitionProgress> = {}): PartitionProgress => ({
  topic: 't',
  partition: n,
  eventTime: T0 + n * SECOND,
  standing: 'current',
  ownerless: false,
  ...over,
})

describe('watermarkOf', () => {
  it('is held back by the slowest partition, and by one without an owner even when it was idle', () => {
    expect(watermarkOf([])).toBeUndefined()
    expect(watermarkOf([partition(3), partition(1)])).toBe(T0 + SECOND)
    expect(watermarkOf([partition(3), partition(1, { standing: 'idle' })])).toBe(T0 + 3 * SECOND)
    expect(watermarkOf([partition(3), partition(1, { standing: 'idle', ownerless: true })])).toBe(T0 + SECOND)
    expect(watermarkOf([partition(3, { standing: 'idle' }), partition(1, { standing: 'idle' })])).toBe(
      T0 + 3 * SECOND,
    )
  })
})

describe('memory state store', () => {
  it('treats a partition that is not reported as ownerless, then as revoked', async () => {
    const clock = manualClock()
    const store = new MemoryStateStore({ clock })
    await store.reportProgress([{ topic: 't', partition: 0, eventTime: T0, standing: 'idle' }])
    clock.advance(30 * SECOND)
    await store.reportProgress([{ topic: 't', partition: 1, eventTime: T0 + MINUTE, standing: 'current' }])
    expect(await store.watermark()).toBe(T0)
    expect((await store.progress()).map((p) => p.ownerless)).toEqual([true, false])
    clock.advance(30 * SECOND)
    expect(await store.watermark()).toBe(T0 + MINUTE)
    expect(await store.progress()).toHaveLength(1)
  })

  it('keeps closed states for a day of event time', async () => {
    const store = new MemoryStateStore({ clock: manualClock() })
    const ids: string[] = []
    for (let i = 0; i < 2000; i++) {
      const at = T0 + i * 10 * MINUTE
      const state = raised({ at, target: { kind: 'signature', id: `s${i}` } })
      const core = clear(state, at + 5 * MINUTE)
      ids.push(state.id)
      await store.put(state, 0)
      await store.put({ ...core, alert: clearedAlert(core, state.alert, 'ended') }, 1)
    }
    const kept = (await store.get(ids)).filter((state) => state !== undefined)
    expect(kept.length).toBeGreaterThanOrEqual(144)
    expect(kept.length).toBeLessThan(144 + 256)
    expect(kept.at(-1)!.id).toBe(ids.at(-1))
  })
})
