import { expect, it } from 'vitest'
import { type Found, judge } from '../../faults/judge.ts'
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
