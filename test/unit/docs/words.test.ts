import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { renderWords } from '../../../scripts/docs/words.ts'

const folder = mkdtempSync(join(tmpdir(), 'words-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What is generated from a file of words, without its first line. */
function rendered(yaml: string): string {
  const file = join(folder, 'some.yaml')
  writeFileSync(file, yaml)
  return renderWords(file).split('\n').slice(2).join('\n')
}
const SHARED = 'shared: { hello: { part: [hi, hello] }, digits: { part: "[0-9]" } }\n'

describe('files of words', () => {
  it('share words of one group with all groups, and do not render it', () => {
    expect(rendered(`${SHARED}opening: { greeting: { match: "^{{hello}} {{digits}}" } }`)).toBe(
      'export const openingWords = {\n  greeting: /^(?:hi|hello) [0-9]/,\n} as const\n',
    )
  })
  it('write a list without parentheses where it is a whole alternative', () => {
    expect(
      rendered(`${SHARED}opening: { greeting: { match: ["{{hello}}", "^(?:dear|{{hello}}),"] } }`),
    ).toContain('greeting: /hi|hello|^(?:dear|hi|hello),/,')
  })
  it('refuse a reference to nothing, or to itself', () => {
    expect(() => rendered(`${SHARED}opening: { greeting: { match: "{{bye}}" } }`)).toThrow(/bye.*nothing/)
    expect(() => rendered(`${SHARED}opening: { hello: { match: "{{hello}}" } }`)).toThrow(/hello.*itself/)
  })
})
