import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { KafkaTransactions } from '../../../../src/adapters/sinks/kafka-transactions.ts'
import type { OutputRecord, PartitionWrite } from '../../../../src/domain/ports.ts'
import { seededRandom } from '../../../helpers/fake-brokers.ts'
import { FakeTransactions } from '../../../helpers/fake-transactions.ts'

// Attempts follow one another at once.
const waiting = vi.hoisted(() => ({ during: (): void | Promise<void> => {} }))
vi.mock('../../../../src/adapters/kafka/backoff.ts', () => ({ backOff: async () => waiting.during() }))

const id = { topic: 'in', partition: 2 }
const other = { topic: 'in', partition: 1 }

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

function transactionsOn(brokers: FakeTransactions, connection = brokers.connection): KafkaTransactions {
  return new KafkaTransactions({
    connection,
    groupId: 'g',
    topics: { verdicts: 'v', alerts: 'a' },
    emit: () => {},
  })
}

/** One record for each offset from `from` on, up to `to`. */
function writeOf(from: number, to: number, epoch = 1): PartitionWrite {
  const records: OutputRecord[] = []
  for (let offset = from; offset < to; offset++)
    records.push({ channel: 'verdicts', key: String(offset), value: String(offset) })
  return { partition: id, epoch, records, reached: { offset: to, written: [] } }
}

describe('KafkaTransactions', () => {
  it('writes records and offset together', async () => {
    const brokers = new FakeTransactions()
    const transactions = transactionsOn(brokers)
    await transactions.takeOver([id], 1)
    await transactions.write(writeOf(0, 3))
    expect(brokers.seen.sort()).toEqual(['0', '1', '2'])
    const committed = await brokers.connection.committedOf('g', [id])
    expect(committed.get('in/2')).toMatchObject({ offset: 3 })
  })

  it('lets a former owner commit nothing once another has taken over', async () => {
    const brokers = new FakeTransactions()
    const [former, next] = [transactionsOn(brokers), transactionsOn(brokers)]
    await former.takeOver([id], 1)
    await former.write(writeOf(0, 2))
    await next.takeOver([id], 1)
    await expect(former.write(writeOf(2, 4))).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
    await next.write(writeOf(2, 4))
    expect(brokers.seen.sort()).toEqual(['0', '1', '2', '3'])
  })

  it('writes nothing for an assignment that has ended', async () => {
    const brokers = new FakeTransactions()
    const transactions = transactionsOn(brokers)
    await transactions.takeOver([id], 1)
    await transactions.takeOver([id], 2)
    await expect(transactions.write(writeOf(0, 2, 1))).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
    expect(brokers.seen).toEqual([])
  })

  it.each(['openCluster', 'committedOf'] as const)(
    'lets an assignment be whose %s is answered after a later one was taken over',
    async (question) => {
      const brokers = new FakeTransactions()
      let answer = () => {}
      let held: Promise<void> | undefined = new Promise((resolve) => {
        answer = resolve
      })
      const { connection } = brokers
      const ask = connection[question] as (...of: unknown[]) => Promise<unknown>
      const late = async (...of: unknown[]) => {
        const waiting = held
        held = undefined
        await waiting
        return ask(...of)
      }
      const transactions = transactionsOn(brokers, { ...connection, [question]: late } as never)
      const first = transactions.takeOver([id], 1)
      await settled()
      const second = transactions.takeOver([id], 2)
      if (question === 'committedOf') await second
      answer()
      await expect(first).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
      await second
      await transactions.write(writeOf(0, 2, 2))
      expect(brokers.seen.sort()).toEqual(['0', '1'])
    },
  )

  it.each(['findCoordinator', 'initProducerId'])(
    'fences no later assignment when %s of an earlier one takes effect late',
    async (name) => {
      const brokers = new FakeTransactions()
      let answer = () => {}
      let held: Promise<void> | undefined = new Promise((resolve) => {
        answer = resolve
      })
      brokers.onRequest = async (request, transactionalId) => {
        if (request !== name || transactionalId !== 'g-in-2') return
        const waiting = held
        held = undefined
        await waiting
      }
      const transactions = transactionsOn(brokers)
      const first = expect(transactions.takeOver([id], 1)).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
      await settled()
      const second = transactions.takeOver([id], 2)
      await settled()
      answer()
      await first
      expect(await second).toEqual([id])
      await transactions.write(writeOf(0, 2, 2))
      expect(brokers.seen.sort()).toEqual(['0', '1'])
    },
  )

  it('fences no later assignment when a write of an earlier one goes on after a failure', async () => {
    let down = false
    const brokers = new FakeTransactions({ fails: () => down })
    const transactions = transactionsOn(brokers)
    await transactions.takeOver([id], 1)
    let answer = () => {}
    const late = new Promise<void>((resolve) => {
      answer = resolve
    })
    let held: Promise<void> | undefined = late
    brokers.onRequest = async (request) => {
      if (request !== 'findCoordinator') return
      const waiting = held
      held = undefined
      await waiting
    }
    down = true
    waiting.during = () => {
      down = false
    }
    const write = expect(transactions.write(writeOf(0, 2))).rejects.toMatchObject({
      code: 'TRANSACTION_LOST',
    })
    await settled()
    waiting.during = () => {}
    await transactions.takeOver([id], 2)
    answer()
    await write
    await transactions.write(writeOf(0, 2, 2))
    expect(brokers.seen.sort()).toEqual(['0', '1'])
  })

  it('takes over what it can where a coordinator fails, and the rest with the next attempt', async () => {
    const brokers = new FakeTransactions()
    const transactions = transactionsOn(brokers)
    let down = true
    brokers.onRequest = async (_name, transactionalId) => {
      if (down && transactionalId === 'g-in-2') throw new Error('Connection closed')
    }
    expect(await transactions.takeOver([id, other], 1)).toEqual([other])
    await transactions.write({ ...writeOf(0, 2), partition: other })
    await expect(transactions.write(writeOf(0, 2))).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(transactions.takeOver([id], 1)).rejects.toThrow('Connection closed')
    expect(transactions.unready()).toEqual(['kafka transactions: Connection closed'])
    down = false
    expect(await transactions.takeOver([id], 1)).toEqual([id])
    expect(transactions.unready()).toEqual([])
    await transactions.write(writeOf(0, 2))
    await transactions.write({ ...writeOf(2, 4), partition: other })
    expect(brokers.seen).toHaveLength(6)
  })

  it('waits a while for a coordinator that hangs, and uses its answer for the next attempt', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const brokers = new FakeTransactions()
    const transactions = transactionsOn(brokers)
    let answer = () => {}
    const late = new Promise<void>((resolve) => {
      answer = resolve
    })
    let requests = 0
    brokers.onRequest = async (name, transactionalId) => {
      if (name !== 'initProducerId' || transactionalId !== 'g-in-2') return
      requests++
      await late
    }
    const taken = transactions.takeOver([id, other], 1)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await taken).toEqual([other])
    const rest = transactions.takeOver([id], 1)
    await vi.advanceTimersByTimeAsync(10)
    answer()
    expect(await rest).toEqual([id])
    expect(requests).toBe(1)
    await transactions.write(writeOf(0, 2))
    expect(brokers.seen).toEqual(['0', '1'])
  })

  it('says that a record is refused, and goes on with a smaller one', async () => {
    const brokers = new FakeTransactions({ limit: 10 })
    const transactions = transactionsOn(brokers)
    await transactions.takeOver([id], 1)
    const write = writeOf(0, 1)
    const large = [{ ...write.records[0]!, value: 'x'.repeat(11) }]
    await expect(transactions.write({ ...write, records: large })).rejects.toMatchObject({
      code: 'SINK_REFUSED',
    })
    await transactions.write(write)
    expect(brokers.seen).toEqual(['0'])
  })

  it('names among what is refused no record of another topic', async () => {
    const transactions = transactionsOn(new FakeTransactions({ limit: 10 }))
    await transactions.takeOver([id], 1)
    const alert: OutputRecord = { channel: 'alerts', key: 'a', value: 'x'.repeat(11) }
    const write = writeOf(0, 2)
    await expect(
      transactions.write({ ...write, records: [write.records[0]!, alert, write.records[1]!] }),
    ).rejects.toMatchObject({ refused: [{ index: 1, record: alert }] })
  })

  it('says which setting of the brokers refuses its transactions', async () => {
    const transactions = transactionsOn(new FakeTransactions({ maxTimeout: 20_000 }))
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(transactions.takeOver([id], 1)).rejects.toThrow('transaction.max.timeout.ms to 30000')
    expect(transactions.unready()).toEqual([expect.stringContaining('INVALID_TRANSACTION_TIMEOUT')])
  })

  it.each([
    ['another partition is written', [id, other]],
    ['nothing is assigned any more', [id]],
  ])('says nothing of a partition that was given up in an outage once %s', async (_when, held) => {
    let down = false
    const transactions = transactionsOn(new FakeTransactions({ fails: () => down }))
    await transactions.takeOver(held, 1)
    down = true
    const over = new AbortController()
    let attempts = 0
    waiting.during = () => {
      if (++attempts < 4) return
      expect(transactions.unready()).toEqual(['kafka transactions: Connection closed'])
      over.abort()
    }
    await expect(transactions.write(writeOf(0, 2), over.signal)).rejects.toThrow('does not answer')
    waiting.during = () => {}
    down = false
    if (held.includes(other)) await transactions.write({ ...writeOf(0, 2), partition: other })
    else await transactions.takeOver([], 2)
    expect(transactions.unready()).toEqual([])
  })

  it('is not ready while one partition cannot be written, though another can', async () => {
    const brokers = new FakeTransactions()
    const transactions = transactionsOn(brokers)
    await transactions.takeOver([id, other], 1)
    brokers.hung.add('g-in-2')
    const over = new AbortController()
    let attempts = 0
    waiting.during = async () => {
      if (++attempts !== 4) return
      await transactions.write({ ...writeOf(0, 2), partition: other })
      expect(transactions.unready()).toEqual(['kafka transactions: Connection closed'])
      over.abort()
    }
    await expect(transactions.write(writeOf(0, 2), over.signal)).rejects.toThrow('does not answer')
    waiting.during = () => {}
    expect(transactions.unready()).toEqual([])
  })

  it('starts nothing for a partition that was given up while brokers do not answer', async () => {
    const over = new AbortController()
    let down = false
    let requests = 0
    const fails = () => {
      requests++
      return down
    }
    const transactions = transactionsOn(new FakeTransactions({ fails }))
    await transactions.takeOver([id], 1)
    down = true
    let before = 0
    waiting.during = () => {
      before = requests
      over.abort()
    }
    await expect(transactions.write(writeOf(0, 2), over.signal)).rejects.toMatchObject({
      code: 'SINK_UNREACHABLE',
    })
    waiting.during = () => {}
    expect(requests).toBe(before)
  })

  it('goes on after a failure with brokers that know no topic ids', async () => {
    let down = false
    const brokers = new FakeTransactions({ fails: () => down })
    const transactions = transactionsOn(brokers)
    await transactions.takeOver([id], 1)
    await transactions.write(writeOf(0, 2))
    down = true
    waiting.during = () => {
      down = false
    }
    await transactions.write(writeOf(2, 4))
    waiting.during = () => {}
    expect(brokers.seen.sort()).toEqual(['0', '1', '2', '3'])
  })

  it('does not fence an instance that committed meanwhile when it continues after a failure', async () => {
    let down = false
    const brokers = new FakeTransactions({ fails: () => down })
    const [former, next] = [transactionsOn(brokers), transactionsOn(brokers)]
    await former.takeOver([id], 1)
    await former.write(writeOf(0, 2))
    down = true
    waiting.during = async () => {
      down = false
      await next.takeOver([id], 1)
      await next.write(writeOf(2, 4))
    }
    await expect(former.write(writeOf(2, 3))).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
    waiting.during = () => {}
    await next.write(writeOf(4, 6))
    expect(brokers.seen.sort()).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  it('shows each record once, whatever request fails before or after it takes effect', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const seen = (await workedOn(seed)).map(Number).sort((a, b) => a - b)
      expect(seen, `seed ${seed}`).toEqual(Array.from({ length: END }, (_, n) => n))
    }
  })
})

const END = 60

/** Writes all records while requests fail and owners change; what readers see of it. */
async function workedOn(seed: number): Promise<readonly string[]> {
  const random = seededRandom(seed)
  const brokers = new FakeTransactions({ fails: () => random() < 0.1 })
  let owner = transactionsOn(brokers)
  let epoch = 0
  let reached = 0
  const succeeds = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await attempt()
      } catch {}
    }
  }
  const takeOver = async () => {
    epoch++
    await succeeds(() => owner.takeOver([id], epoch))
    const committed = await succeeds(() => brokers.connection.committedOf('g', [id]))
    reached = committed.get('in/2')?.offset ?? 0
  }
  const write = (by: KafkaTransactions, times = 1): Promise<boolean> => {
    const to = Math.min(END, reached + 1 + Math.floor(random() * 9))
    return by.write(writeOf(reached, to, epoch)).then(
      () => {
        if (by === owner) reached = to
        return times <= 1 || reached >= END || write(by, times - 1)
      },
      (error: { readonly code?: string }) => {
        expect(error.code).toBe('TRANSACTION_LOST')
        return false
      },
    )
  }
  await takeOver()
  while (reached < END) {
    if (random() < 0.3) {
      const former = owner
      const writing = write(former)
      owner = transactionsOn(brokers)
      await takeOver()
      await Promise.all([writing, write(owner, 3)])
      // The former owner may have fenced this one, which would join the group again.
      await takeOver()
    } else if (!(await write(owner))) await takeOver()
  }
  return brokers.seen
}
