import { writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { createLinesSource } from '../../../src/adapters/sources/lines.ts'
import { loadedVersions, openAssets } from '../../../src/detection/versions/assets.ts'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { exactClock, type PartitionId } from '../../../src/domain/ports.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { createCore } from '../../../src/pipeline/core.ts'
import type { CoreParts } from '../../../src/pipeline/core-parts.ts'
import { FeedbackOrders } from '../../../src/service/orders.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { memoryLedger } from '../../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import { MemorySenderMinutes } from '../../../src/stores/sender-statistics/memory.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { delegate } from '../../helpers/delegate.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { recordingSink } from '../../helpers/state-fixtures.ts'

const folder = useFolder()
const T0 = Date.UTC(2026, 10, 11, 2)
const clock = exactClock(() => T0)

/** Parts of a core that reads these lines with stores in memory, and what it tells. */
async function openParts(input: string) {
  writeFileSync(folder.file('in.jsonl'), input)
  const { config } = loadConfig({ env: {}, folder: folder.path, serving: false })
  const assets = await openAssets(config, () => {})
  const events: Event[] = []
  const states = new MemoryStateStore({ clock })
  const parts: CoreParts = {
    config,
    mode: 'embedded',
    source: createLinesSource({ path: folder.file('in.jsonl'), clock }),
    sink: { ...recordingSink(['alerts']), close: async () => {}, unready: () => [] },
    features: memoryFeatureStore(),
    states,
    ledger: memoryLedger(),
    replies: () => false,
    loaded: () => loadedVersions(assets),
    describe: assets.describe,
    tokenise: createTokeniser({ keyId: 't', key: 'k' }),
    clock,
    emit: (event) => void events.push(event),
  }
  return { assets, events, states, parts }
}

it('lists no manual blocks before the open states have been read', async () => {
  const { assets, parts } = await openParts('')
  const core = createCore(parts)
  const orders = new FeedbackOrders({ core, write: undefined, needsApproval: false, clock })
  expect(orders.list()).toMatchObject({ status: 503, detail: expect.stringContaining('not been read yet') })
  await core.run()
  expect(orders.list()).toEqual({ status: 200, body: { blocks: [] } })
  assets.classifier.close()
})

it('refuses to block manually what it cannot block, and names what it can', async () => {
  const { assets, parts } = await openParts('')
  const core = createCore(parts)
  const orders = new FeedbackOrders({ core, write: async () => {}, needsApproval: false, clock })
  const order = (target: string) => orders.block({ target, until: '1h', why: 'forged' }, 'ann')
  const kinds = 'domain, port, signature, sender, brand-claim, template'
  for (const target of ['domian:x.top', 'x.top', 'recipient:1.abc', 'message:m1'])
    expect(await order(target)).toEqual({
      status: 400,
      detail: `target: is not allowed (allowed: <kind>:<id>, kind one of ${kinds})`,
    })
  expect(await order('port:10690x')).toMatchObject({
    status: 400,
    detail: expect.stringContaining('not a port'),
  })
  expect(await order('port:10690001')).toMatchObject({ status: 202 })
  assets.classifier.close()
})

describe('a start without Redis', () => {
  it('is reported as over with the first batch that it does whole', async () => {
    const text = '【京东】您的订单已发货'
    const record = { id: 'm1', ts: T0, from: '106911112222', to: '13800000001', text }
    const { assets, events, states, parts } = await openParts(`${JSON.stringify(record)}\n`)
    let asked = 0
    const core = createCore({
      ...parts,
      states: delegate<MemoryStateStore>(states, {
        versions: async () => {
          if (asked++ === 0) throw new SigwatchError('REDIS_UNREACHABLE', 'gone')
          return states.versions()
        },
      }),
    })
    await core.run()
    const told = events.filter(({ name }) => name === 'features_degraded' || name === 'features_recovered')
    expect(told).toEqual([
      { name: 'features_degraded', reason: 'REDIS_UNREACHABLE', messages: 0 },
      { name: 'features_recovered', seconds: expect.any(Number) },
    ])
    assets.classifier.close()
  })
})

describe('an assignment of a log that was recreated', () => {
  it('goes on without Redis, and resets the counts of senders when it is back', async () => {
    const { assets, events, parts } = await openParts('')
    const reset = vi.fn(async (_partitions: readonly PartitionId[]) => {
      if (reset.mock.calls.length === 1) throw new SigwatchError('REDIS_UNREACHABLE', 'gone')
    })
    const core = createCore({
      ...parts,
      features: delegate(parts.features, { assign: async (partitions) => [...partitions] }),
      senderMinutes: delegate<MemorySenderMinutes>(new MemorySenderMinutes(), { reset }),
    })
    await core.run()
    expect(events.filter(({ name }) => name === 'counting_reset')).toHaveLength(1)
    await expect.poll(() => reset.mock.calls.length, { timeout: 3000 }).toBe(2)
    assets.classifier.close()
  })
})
