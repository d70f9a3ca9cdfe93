import { expect, it } from 'vitest'
import { yieldToOthers } from '../../../../src/text/reader/thread-priority.ts'

it.each<[NodeJS.Platform, readonly number[]]>([
  ['linux', [19]],
  ['darwin', []],
  ['win32', []],
])('where a priority is that of the whole process it stays as it is: %s', (platform, expected) => {
  const set: number[] = []
  yieldToOthers(platform, (priority) => set.push(priority))
  expect(set).toEqual(expected)
})

it('goes on where the system does not allow it', () => {
  const refuse = () => {
    throw new Error('EACCES')
  }
  expect(() => yieldToOthers('linux', refuse)).not.toThrow()
})
