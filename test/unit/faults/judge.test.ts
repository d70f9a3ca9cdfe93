import { expect, it } from 'vitest'
import { type Found, judge, undueLetters } from '../../faults/judge.ts'
import { holds } from '../../faults/results.ts'
import type { Read } from '../../helpers/kafka-client.ts'

const verdict = (id: string): Read => ({
  ...{ partition: 0, offset: 0, key: id, headers: {}, timestamp: 0 },
  value: Buffer.from(JSON.stringify({ id, decidedAt: new Date(0).toISOString() })),
})

const found = (inputs: readonly string[], verdicts: readonly string[]): Found => ({
  ...{ cell: 'c', seed: 1, records: inputs.length, seconds: 1, caughtUp: 0, resident: 0 },
  ...{ isTold: true, isMarkTold: true, unready: [], said: new Set(), pings: [], delivery: 'exactly-once' },
  places: { missing: [], both: [], early: [] },
  input: inputs.map((id, offset) => ({ partition: 0, offset, id })),
  undueLetters: [],
  sentAgain: inputs.length - new Set(inputs).size,
  counts: { compared: 0, marked: 0, marks: 0, wrong: [] },
  expected: { alerts: new Set(), states: new Set(), expired: new Set(), observations: [] },
  ...{ alerts: [], letters: [], verdicts: verdicts.map(verdict) },
})

it.each([
  [['a', 'b'], ['a', 'b', 'b'], 1, undefined],
  [['a', 'b', 'b'], ['a', 'b', 'b'], 0, 1],
  [['a', 'b', 'b'], ['a', 'b', 'b', 'b', 'a'], 2, 1],
])('of records %s the verdicts %s repeat %i', (inputs, verdicts, repeated, sentAgain) => {
  expect(judge(found(inputs, verdicts))).toMatchObject({ repeated })
  expect(judge(found(inputs, verdicts)).sentAgain).toBe(sentAgain)
})

it.each([
  ['nothing differs', 0, 12],
  ['something that is marked differs', 3, 0],
])('marks are needless when %s', (_what, marked, needless) => {
  const counts = { compared: 9, marked, marks: 12, wrong: [] }
  expect(judge({ ...found(['a'], ['a']), counts })).toMatchObject({ needless })
})

const NOW = Date.UTC(2026, 10, 11)
const letter = (offset: number, error: string) => ({
  headers: { 'sigwatch-partition': '0', 'sigwatch-offset': String(offset), 'sigwatch-error': error },
})
const record = (offset: number, ts: unknown, ends?: 'judged' | 'buried') => ({
  ...{ partition: 0, offset, timestamp: NOW, value: Buffer.from(JSON.stringify({ ts })) },
  ...(ends ? { ends } : {}),
})

it.each([
  ['is ahead of its time', NOW + 400_000, 'RECORD_TS_FUTURE', undefined, 0],
  ['is ahead in ISO-8601', new Date(NOW + 400_000).toISOString(), 'RECORD_TS_FUTURE', undefined, 0],
  ['is live', NOW - 1_000, 'RECORD_TS_FUTURE', undefined, 1],
  ['is wrong in another way', NOW, 'RECORD_FIELD_MISSING', undefined, 0],
  ['has to be judged', NOW, 'RECORD_UNREADABLE', 'judged', 1],
  ['cannot be judged', NOW, 'RECORD_UNREADABLE', 'buried', 0],
] as const)('of a record that %s', (_says, ts, error, ends, undue) => {
  expect(undueLetters([record(7, ts, ends)], [letter(7, error)])).toHaveLength(undue)
})

it.each([
  ['late', { late: 1 }],
  ['expired', { expired: 1 }],
  ['a dead letter of a record that is right', { undueLetters: 1 }],
  ['/healthz too slow', { slowestHealth: 2_100 }],
])('does not hold: %s', (_says, over) => {
  const result = { ...judge(found(['a'], ['a'])), commit: 'c', at: 'd' }
  expect(holds(result)).toBe(true)
  expect(holds({ ...result, ...over })).toBe(false)
})
