import { describe, expect, it } from 'vitest'
import { Order } from '../../../../src/offline/replay/order.ts'
import { readVerdict, type WrittenVerdict } from '../../../../src/offline/replay/spooled.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

const AT = Date.UTC(2026, 10, 11, 4)

describe('Order', () => {
  const folder = useFolder()
  const record = (offset: number, eventTime: number, partition = 0) => ({
    topic: 0,
    partition,
    offset,
    timestamp: eventTime,
    eventTime,
    compared: true,
    value: Buffer.from(`${partition}/${offset}`),
  })
  const verdict = (id: string, decidedAt: number, action = 'pass') =>
    ({ id, action, label: 'notice', reasons: [], states: [], decidedAt }) as WrittenVerdict
  const read = async (order: Order) => {
    const out: { value: string; turn: number; was: string | undefined }[] = []
    for await (const { turn, record: one } of order.ordered()) {
      const was = readVerdict(one.verdict)
      out.push({ value: one.value.toString(), turn, was: was?.action })
    }
    return out
  }
  const values = async (order: Order) => (await read(order)).map(({ value }) => value)

  it('puts the lines of files in the order of ts, however a dump is sorted', async () => {
    const lines = [record(0, AT + 3), record(1, AT), record(2, AT + 1), record(3, AT)]
    const sortedFrom = async (some: typeof lines) => {
      const order = new Order({ folder: folder.path, from: 'files', withVerdicts: false, maxBytes: 300 })
      for (const line of some) order.add('x', line)
      return values(order)
    }
    const once = await sortedFrom(lines)
    expect(once.slice(2)).toEqual(['0/2', '0/0'])
    expect(await sortedFrom(lines.toReversed())).toEqual(once)
  })

  it('reads the partitions of a topic bucket by bucket, each in its order', async () => {
    const order = new Order({ folder: folder.path, from: 'topic', withVerdicts: false })
    for (const one of [
      record(7, AT + 500),
      record(8, AT + 20_000),
      record(3, AT + 900, 1),
      record(4, AT + 10_000, 1),
    ])
      order.add('x', one)
    expect(await values(order)).toEqual(['0/7', '1/3', '1/4', '0/8'])
  })

  it('follows the order in which verdicts were decided; a record without one goes with that before it', async () => {
    const order = new Order({ folder: folder.path, from: 'topic', withVerdicts: true, maxBytes: 400 })
    order.addVerdict(verdict('a', AT + 2, 'block'))
    order.addVerdict(verdict('c', AT + 1))
    order.addVerdict(verdict('b', AT + 3))
    order.add('a', record(0, AT))
    order.add('dead', record(1, AT))
    order.add('b', record(2, AT))
    order.add('c', record(0, AT + 60_000, 1))
    expect(order.isGuided).toBe(true)
    expect(await read(order)).toEqual([
      { value: '1/0', turn: AT + 1, was: 'pass' },
      { value: '0/0', turn: AT + 2, was: 'block' },
      { value: '0/1', turn: AT + 2, was: undefined },
      { value: '0/2', turn: AT + 3, was: 'pass' },
    ])
  })

  it('gives records that repeat an id their verdicts in turn, and of a repeated verdict the first', async () => {
    const order = new Order({ folder: folder.path, from: 'topic', withVerdicts: true })
    order.add('twice', record(0, AT))
    order.add('twice', record(1, AT))
    order.add('once', record(2, AT))
    order.addVerdict(verdict('twice', AT + 2, 'review'))
    order.addVerdict(verdict('twice', AT + 1, 'block'))
    order.addVerdict(verdict('once', AT + 4, 'review'))
    order.addVerdict(verdict('once', AT + 3, 'observe'))
    const was = Object.fromEntries((await read(order)).map((one) => [one.value, one.was]))
    expect(was).toEqual({ '0/0': 'block', '0/1': 'review', '0/2': 'observe' })
  })

  it('takes no order from a clock that stood still', async () => {
    const order = new Order({ folder: folder.path, from: 'files', withVerdicts: true })
    order.add('late', record(0, AT + 5))
    order.add('early', record(1, AT))
    for (const id of ['late', 'early']) order.addVerdict(verdict(id, AT))
    expect(order.isGuided).toBe(false)
    expect(await values(order)).toEqual(['0/1', '0/0'])
  })
})
