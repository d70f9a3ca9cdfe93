import { beforeEach, expect, it } from 'vitest'
import { classify } from '../../../src/detection/classify.ts'
import { TextCache } from '../../../src/detection/text-cache.ts'
import type { Event } from '../../../src/domain/events.ts'
import type { Classifier } from '../../../src/domain/ports.ts'
import { BatchReading } from '../../../src/pipeline/batch-reading.ts'
import type { Intaken } from '../../../src/pipeline/outputs.ts'
import { message } from '../../helpers/state-fixtures.ts'

const COUNT = 600
const POISON = 17
const scores = { notice: 0.9, personal: 0.02, marketing: 0.02, finance: 0.02, fraud: 0.02, illicit: 0.02 }
const thresholds = { notice: 0.5, personal: 0.5, marketing: 0.5, finance: 0.5, fraud: 0.5, illicit: 0.5 }

let events: Event[]
let asked: number[]
const classifier = {
  thresholds,
  classify: (some: readonly unknown[]) => {
    asked.push(some.length)
    return some.map(() => scores)
  },
} as unknown as Classifier

beforeEach(() => {
  events = []
  asked = []
})

const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, offset): Intaken => {
    const position = { topic: 't', partition: 0, offset }
    const id = `m${offset}`
    const origins = [{ id, position, value: Buffer.from('{}') }]
    const text = `您的包裹${offset}已到，请凭取件码${1000 + offset}领取`
    return {
      kind: 'message',
      message: message({ id, text, position, origins }),
      epoch: 1,
      bytes: 1,
      eventTime: 0,
    }
  })

function open(items: readonly Intaken[] = itemsOf(COUNT)): BatchReading {
  let n = 0
  return new BatchReading(items, {
    tokenise: (to) => {
      if (n++ === POISON) throw new Error('out of range')
      return `k.${to}`
    },
    texts: new TextCache(),
    emit: (event) => events.push(event),
  })
}

it('reads the same ahead as at once, and scores no text twice', async () => {
  const atOnce = open().finish().read
  const reading = open()
  reading.ahead(() => classifier)
  while (asked.length < 3) await new Promise(setImmediate)
  const { read } = reading.finish()
  expect(read.map(({ id, toToken, bands }) => ({ id, toToken, bands }))).toEqual(
    atOnce.map(({ id, toToken, bands }) => ({ id, toToken, bands })),
  )
  expect(read).toHaveLength(COUNT - 1)
  expect(reading.isolation.deadLetters).toHaveLength(1)
  classify(read, classifier)
  expect(asked).toEqual([255, 256, 88])
  expect(read.every(({ label }) => label === 'notice')).toBe(true)
})

it('reads a batch that grows up to the limit', async () => {
  const items = itemsOf(COUNT)
  const growing = items.slice(0, 100)
  const reading = open(growing)
  reading.ahead(() => classifier)
  growing.push(...items.slice(100, 200))
  while (asked.length < 1) await new Promise(setImmediate)
  expect(asked).toEqual([99])
  reading.ahead(() => classifier)
  while (asked.length < 2) await new Promise(setImmediate)
  expect(asked).toEqual([99, 100])
  growing.push(...items.slice(200))
  expect(reading.finish().read.map(({ id }) => id)).toEqual(
    open()
      .finish()
      .read.map(({ id }) => id),
  )
})

it('reads the rest when the batch is wanted before it is read, and goes no further', async () => {
  const reading = open()
  reading.ahead(() => classifier)
  await new Promise(setImmediate)
  const { read } = reading.finish()
  expect(read).toHaveLength(COUNT - 1)
  const before = asked.length
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  expect(asked).toHaveLength(before)
  expect(reading.finish().read).toHaveLength(COUNT - 1)
})

it('leaves what cannot be scored to the batch as a whole', async () => {
  const reading = open()
  let calls = 0
  reading.ahead(() => {
    calls++
    return {
      thresholds,
      classify: () => {
        throw new Error('closed')
      },
    } as unknown as Classifier
  })
  while (calls < 3) await new Promise(setImmediate)
  const { read } = reading.finish()
  classify(read, classifier)
  expect(asked).toEqual([COUNT - 1])
})
