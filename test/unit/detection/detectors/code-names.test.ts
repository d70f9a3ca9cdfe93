// What differs by code is asked of its description (`CodeTraits`), so that a code can be added, moved or retired in its module
// alone: no other file may decide by the name of a code.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'

const SRC = join(import.meta.dirname, '../../../../src')

/** Files that may name codes of others, with the reason. */
const EXCEPTIONS: readonly (readonly [path: RegExp, reason: string])[] = [
  [/\.generated\.ts$/, 'written from the modules of the codes'],
  [/^detection\/rules\/composites\.yaml$/, 'rows say which codes they are exceptions of'],
  [
    /^offline\/simulator\//,
    'planted traffic is the ground truth that codes are measured against: it cannot ask them',
  ],
  [/^cli\/feedback\.ts$/, 'an example of a command line in its help'],
]

const files = readdirSync(SRC, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ path: relative(SRC, path), text: readFileSync(path, 'utf8') }))

/** Texts of a code's reference may refer to another code; comments decide nothing. */
function decisionsOf(text: string): string {
  return text.replace(/^ +(?:fires|why|tune):\s*'.*'[,;]?$|^\s*(?:\/\*\*|\*|\/\/).*$/gm, '')
}

describe('the name of a code', () => {
  it.each(CODE_NAMES)('%s stands in its module alone', (code) => {
    const word = new RegExp(`\\b${code}\\b`)
    const own = `code: '${code}',`
    const elsewhere = files.filter(
      ({ path, text }) =>
        word.test(decisionsOf(text)) &&
        !(path.startsWith('detection/detectors/') && text.includes(own)) &&
        !EXCEPTIONS.some(([exception]) => exception.test(path)),
    )
    expect(elsewhere.map(({ path }) => path)).toEqual([])
  })

  it('is not taken apart either: no file asks how a code begins', () => {
    const families = [...new Set(CODE_NAMES.map((code) => code.split('_')[0]))].join('|')
    const asks = new RegExp(`'(?:${families})_'`)
    expect(files.filter(({ text }) => asks.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('has no exception that is not needed', () => {
    const names = new RegExp(`\\b(?:${CODE_NAMES.join('|')})\\b`)
    for (const [exception, reason] of EXCEPTIONS)
      expect(
        files.some(({ path, text }) => exception.test(path) && names.test(text)),
        reason,
      ).toBe(true)
  })
})
