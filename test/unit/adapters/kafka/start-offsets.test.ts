import { expect, it } from 'vitest'
import type { Consumer, KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { GroupStart } from '../../../../src/adapters/kafka/start-offsets.ts'

const at = (...partitions: number[]) => partitions.map((partition) => ({ topic: 't', partition }))

/** A group that has committed nothing of a topic with four partitions. */
function newGroup() {
  const group = { end: 10, committed: new Map<number, number>(), commitFails: false, asked: () => {} }
  const connection = {
    committed: async () => new Map([0, 1, 2, 3].map((id) => [id, group.committed.get(id)])),
    offsetsAt: async () => {
      const ends = new Map([0, 1, 2, 3].map((id) => [id, group.end]))
      group.asked()
      return ends
    },
  } as unknown as KafkaConnection
  const consumer = {
    commitOffsets: async (offsets: { partition: number; offset: string }[]) => {
      if (group.commitFails) throw new Error('Closed connection')
      for (const { partition, offset } of offsets) group.committed.set(partition, Number(offset))
    },
    seek: () => {},
  } as unknown as Consumer
  return { group, consumer, start: () => new GroupStart(connection, 'g', 'latest') }
}

const commits = (group: { committed: Map<number, number> }) =>
  [0, 1, 2, 3].map((id) => group.committed.get(id))

it('begins where the log ended at the first attempt, however many it takes', async () => {
  const { group, consumer, start } = newGroup()
  const placing = start()
  group.commitFails = true
  await expect(placing.place(consumer, at(0, 1, 2, 3), 0)).rejects.toThrow('Closed connection')
  group.end = 20
  group.commitFails = false
  await placing.place(consumer, at(0, 1, 2, 3), 1)
  expect(commits(group)).toEqual([10, 10, 10, 10])
})

it('leaves a topic to the member with its first partition, for a time', async () => {
  const { group, consumer, start } = newGroup()
  const [first, second] = [start(), start()]
  await expect(second.place(consumer, at(2, 3), 0)).rejects.toThrow('another member')
  await first.place(consumer, at(0, 1), 0)
  group.end = 20
  await second.place(consumer, at(2, 3), 1)
  expect(commits(group)).toEqual([10, 10, 10, 10])
  const alone = newGroup()
  await alone.start().place(alone.consumer, at(2, 3), 8)
  expect(commits(alone.group)).toEqual([10, 10, 10, 10])
})

it('places its own topics before it waits for others', async () => {
  const committed = new Map<string, number>()
  const connection = {
    committed: async (_group: string, topic: string) => new Map([[0, committed.get(topic)]]),
    offsetsAt: async () => new Map([[0, 10]]),
  } as unknown as KafkaConnection
  const consumer = {
    commitOffsets: async ([offset]: [{ topic: string }]) => void committed.set(offset.topic, 10),
    seek: () => {},
  } as unknown as Consumer
  const held = [
    { topic: 'a', partition: 1 },
    { topic: 'b', partition: 0 },
  ]
  await expect(new GroupStart(connection, 'g', 'latest').place(consumer, held, 0)).rejects.toThrow(
    'start of a',
  )
  expect([...committed.keys()]).toEqual(['b'])
})

it('sets back nothing that was committed while it asked where the log ends', async () => {
  const { group, consumer, start } = newGroup()
  group.asked = () => {
    for (const id of [0, 1, 2, 3]) group.committed.set(id, 15 + id)
  }
  await start().place(consumer, at(0, 1), 0)
  expect(commits(group)).toEqual([15, 16, 17, 18])
})
