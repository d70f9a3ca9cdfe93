import { beforeAll, describe, expect, it } from 'vitest'
import { plainUnit, unitClass } from '../../../src/text/plain-tables.ts'
import { readText } from '../../../src/text/read-text.ts'
import { createRandom } from '../../../src/text/reader/random.ts'
import { Tokenizer } from '../../../src/text/reader/tokenizer.ts'
import { hostileText, LONGEST, leastTime, repeated } from '../../helpers/hostile-texts.ts'

/**
 * What reading a text of 2,000 characters may take here, ms. The built code takes at most 10 (`npm run fuzz`); code that the
 * test runner has transformed takes twice as long, on a shared machine longer. What is quadratic takes far more.
 */
const LIMIT = 30
/** How long a test looks for a slow text, ms. */
const SEARCH = 1500

const tokenizer = new Tokenizer({ bits: 17, grams: 3, words: 2 })
const read = (text: string) => {
  const { normalised } = readText(text)
  tokenizer.read(normalised.text, text)
}

/** Code points that some pass treats in a way of its own: not kept as they are, or in a class of few. */
const treated: number[] = []
for (let code = 0; code < 65536; code++) {
  const surrogate = code >= 0xd800 && code <= 0xdfff
  const plain = plainUnit[code] === code && [0, 1, 256].includes(unitClass[code] as number)
  if (!surrogate && !plain) treated.push(code)
}
const named = (text: string) =>
  [...new Set(text)].slice(0, 8).map((c) => `U+${c.codePointAt(0)?.toString(16)}`)

function slow(text: string): string | undefined {
  const took = leastTime(() => read(text), LIMIT)
  return took > LIMIT ? `${took.toFixed(1)} ms: ${named(text).join(' ')}` : undefined
}

beforeAll(() => {
  for (let i = 0; i < 200; i++) read('【测试】验证码123456，加微信 abc123，a。com/x，1380013800O 退订回T ㏂①')
})

describe('reading 2,000 characters', () => {
  it.each(['㏂', '㏘', 'ﷺ', '㍧', 'a.', '㏘α', '1-', '点a'])(
    'takes a bounded time for %s repeated',
    (unit) => {
      expect(slow(repeated(unit))).toBeUndefined()
    },
  )

  it('takes a bounded time for any character that is folded, repeated', () => {
    expect(treated.length).toBeGreaterThan(5000)
    // As many as there is time for, from another place each run; `npm run fuzz` times all 65,536.
    const from = Date.now() % treated.length
    const found: (string | undefined)[] = []
    const end = performance.now() + SEARCH
    for (let n = 0; n < treated.length && performance.now() < end; n++) {
      const code = treated[(from + n * 101) % treated.length] as number
      found.push(slow(String.fromCharCode(code).repeat(LONGEST)))
    }
    expect(found.filter((line) => line !== undefined)).toEqual([])
  })

  it('takes a bounded time for pairs of folded characters, repeated', () => {
    const random = createRandom(Date.now())
    const found: string[] = []
    for (const end = performance.now() + SEARCH; performance.now() < end; ) {
      const line = slow(repeated(String.fromCharCode(random.pick(treated), random.pick(treated))))
      if (line !== undefined) found.push(line)
    }
    expect(found).toEqual([])
  })

  it('takes a bounded time for texts that repeat what the passes look for', () => {
    const random = createRandom(Date.now())
    const found: string[] = []
    for (const end = performance.now() + SEARCH; performance.now() < end; ) {
      const line = slow(hostileText(random))
      if (line !== undefined) found.push(line)
    }
    expect(found).toEqual([])
  })
})
