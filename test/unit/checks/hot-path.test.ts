import { describe, expect, it } from 'vitest'
import { allocationsIn } from '../../../scripts/checks/hot-path.ts'

const allocations = (text: string) => allocationsIn('a.ts', text)

describe('allocations of functions that run for every message', () => {
  it.each([
    ['return list.filter((n) => n > 0)', 'closure'],
    ['return list.map(function (n) { return n })', 'closure'],
    ['return [...list]', 'spread'],
    ['return { ...record, at }', 'spread'],
    ['for (const [i, n] of list.entries()) use(i, n)', 'iterator'],
    ['for (const match of text.matchAll(FORM)) use(match)', 'iterator'],
  ])('are found: %s', (line, what) => {
    expect(allocations(`function f(list) {\n  ${line}\n}`)).toEqual([`2: ${what}`])
    expect(allocations(`class A {\n  f(list) {\n    ${line}\n  }\n}`)).toEqual([`3: ${what}`])
  })

  it('are none in loops over arrays, in constructors, nor when the module is loaded', () => {
    expect(allocations('function f(list) {\n  for (const n of list) use(n)\n}')).toEqual([])
    expect(allocations('const all = [...some].map((n) => n + 1)')).toEqual([])
    expect(allocations('class A {\n  constructor(list) {\n    this.list = [...list]\n  }\n}')).toEqual([])
  })
})
