import { expect, it } from 'vitest'
import { exactClock } from '../../../src/domain/ports.ts'
import { type BlockTopic, endGone } from '../../../src/service/compose-blocks.ts'

const NOW = Date.UTC(2026, 10, 11, 4)
const clock = exactClock(() => NOW)
const MINUTE = 60_000

/** A topic in memory: what is written after `read` number `n` was answered is in `later[n]`. */
function topicOf(first: readonly (readonly [key: string, value: string | null])[]) {
  const log = [...first]
  const later: (readonly (readonly [string, string | null])[])[] = []
  const ended: string[] = []
  let read = 0
  let reads = 0
  const topic: BlockTopic = {
    async readOn(take) {
      for (; read < log.length; read++) {
        const [key, value] = log[read]!
        take(key, value === null ? null : Buffer.from(value))
      }
      log.push(...(later[reads++] ?? []))
    },
    async end(keys) {
      ended.push(...keys)
    },
  }
  return { topic, later, ended }
}

const row = (minutes: number) => JSON.stringify({ expiresAt: new Date(NOW + minutes * MINUTE).toISOString() })

it('ends rows that expired over an hour ago and no others', async () => {
  const { topic, ended } = topicOf([
    ['gone', row(-61)],
    ['lately', row(-30)],
    ['live', row(10)],
    ['renewed', row(-90)],
    ['renewed', row(5)],
    ['odd', 'no row'],
    ['cleared', row(-90)],
    ['cleared', null],
  ])
  expect(await endGone(topic, clock)).toEqual({ rows: 5, ended: 1 })
  expect(ended).toEqual(['gone'])
})

it('leaves a state that is raised again while the topic is read', async () => {
  const { topic, later, ended } = topicOf([
    ['raised', row(-70)],
    ['gone', row(-70)],
    ['cleared', row(-70)],
  ])
  later[0] = [
    ['raised', row(15)],
    ['cleared', null],
    ['new', row(15)],
  ]
  expect(await endGone(topic, clock)).toEqual({ rows: 3, ended: 1 })
  expect(ended).toEqual(['gone'])
})

it('leaves one of many that is raised again while the first tombstones are written', async () => {
  const many = Array.from({ length: 1_500 }, (_, i) => [`state-${i}`, row(-70)] as const)
  const { topic, later, ended } = topicOf(many)
  later[1] = [
    ['state-3', row(15)],
    ['state-1400', row(15)],
  ]
  await endGone(topic, clock)
  expect(ended).toHaveLength(1_499)
  expect(ended).toContain('state-3')
  expect(ended).not.toContain('state-1400')
})
