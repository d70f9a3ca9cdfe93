import { describe, expect, it } from 'vitest'
import { outboxEntry } from '../../../../src/detection/alerts/state-alert.ts'
import { SigwatchError } from '../../../../src/domain/errors.ts'
import type { OutputRecord } from '../../../../src/domain/ports.ts'
import type { OutboxEntry } from '../../../../src/domain/state-store.ts'
import { MemoryStateStore } from '../../../../src/stores/states/memory.ts'
import { StatePublisher } from '../../../../src/stores/states/publisher.ts'
import { manualClock, raised, recordingSink, T0 } from '../../../helpers/state-fixtures.ts'

const clock = manualClock()
const entry = (id: string): OutboxEntry =>
  outboxEntry(raised({ target: { kind: 'signature', id } }), true, T0, 'observe')
const subjects = (entries: readonly OutboxEntry[]) => entries.map(({ alert }) => alert.subject)

function setUp(sink: Pick<ReturnType<typeof recordingSink>, 'has' | 'write'>, signal?: AbortSignal) {
  const refused: { subject: string; reason: string }[] = []
  const published: OutboxEntry[] = []
  const publisher = new StatePublisher({
    store: new MemoryStateStore({ clock }),
    sink,
    blocksFrom: 'observe',
    ...(signal ? { signal } : {}),
    refused: ({ alert }, error) => refused.push({ subject: alert.subject, reason: error.message }),
    published: (entries) => published.push(...entries),
  })
  return { publisher, refused, published }
}

describe('publisher of states', () => {
  it('writes each event once where the sink refuses one of them, and counts that one as refused alone', async () => {
    const sink = recordingSink()
    const { publisher, refused, published } = setUp(sink)
    sink.state.refuse = ({ key }) =>
      key === 'signature:b' ? new SigwatchError('SINK_REFUSED', 'too large') : undefined
    for (const id of ['a', 'b', 'c']) publisher.add(entry(id))
    await publisher.publish()
    expect(sink.alerts().map(({ subject }) => subject)).toEqual(['signature:a', 'signature:c'])
    expect(sink.blocks()).toHaveLength(3)
    expect(subjects(published)).toEqual(['signature:a', 'signature:c'])
    expect(refused).toEqual([{ subject: 'signature:b', reason: expect.stringContaining('too large') }])
  })

  it('gives up waiting for the sink when the process does, also for what another caller sends', async () => {
    const stopping = new AbortController()
    const sweep = new AbortController()
    // A sink that takes nothing.
    const write = (_records: readonly OutputRecord[], signal?: AbortSignal) =>
      new Promise<void>((_, reject) => {
        const gone = () => reject(new SigwatchError('SINK_UNREACHABLE', 'given up'))
        signal?.addEventListener('abort', gone, { once: true })
      })
    const { publisher } = setUp({ has: () => true, write }, stopping.signal)
    publisher.add(entry('a'))
    const swept = publisher.publish(sweep.signal).catch((error: unknown) => error)
    const waiting = publisher.publish()
    publisher.add(entry('b'))
    const sending = publisher.publish().catch((error: unknown) => error)
    stopping.abort()
    expect(await sending).toMatchObject({ code: 'SINK_UNREACHABLE' })
    await waiting
    sweep.abort()
    expect(await swept).toMatchObject({ code: 'SINK_UNREACHABLE' })
  }, 3000)
})
