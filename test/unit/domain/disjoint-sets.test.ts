import { expect, it } from 'vitest'
import { DisjointSets } from '../../../src/domain/disjoint-sets.ts'

it('names each set by its smallest name, in whatever order names were joined', () => {
  const sets = new DisjointSets()
  expect(sets.rootOf('c')).toBe('c')
  sets.join('d', 'c')
  sets.join('a', 'b')
  expect(['a', 'b', 'c', 'd', 'e'].map((name) => sets.rootOf(name))).toEqual(['a', 'a', 'c', 'c', 'e'])
  sets.join('d', 'b')
  sets.join('d', 'd')
  expect(['a', 'b', 'c', 'd', 'e'].map((name) => sets.rootOf(name))).toEqual(['a', 'a', 'a', 'a', 'e'])
})
