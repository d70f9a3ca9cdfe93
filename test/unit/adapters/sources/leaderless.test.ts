import { expect, it } from 'vitest'
import { Assignment } from '../../../../src/adapters/sources/assignment.ts'

const at = (partition: number) => ({ topic: 't', partition })

it('reports a partition without a leader, wherever it was read up to', () => {
  const assignment = new Assignment(1, [at(0), at(1), at(2)])
  for (const partition of [0, 1]) assignment.place({ ...at(partition), offset: 7 })
  // Where reading begins is not known while its leader does not answer.
  expect(assignment.leaderless()).toEqual([at(2)])
  assignment.noteLeaderless('t', [1, 2, 3])
  expect(assignment.leaderless()).toEqual([at(1), at(2)])
  assignment.place({ ...at(2), offset: 0 })
  assignment.noteLeaderless('t', [])
  expect(assignment.leaderless()).toEqual([])
})
