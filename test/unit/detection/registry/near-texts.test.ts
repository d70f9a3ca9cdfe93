import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NearTexts } from '../../../../src/detection/registry/near-texts.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '银', '行'), minLength: 4, maxLength: 12 })

it('finds each text that is at most one edit away', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), text, fc.nat(), text, (others, added, at, sign) => {
      const near = new NearTexts<string>()
      for (const one of [...others, added]) near.add(one, one)
      const i = at % added.length
      const [before, behind] = [added.slice(0, i), added.slice(i + 1)]
      const swapped = `${added.slice(0, i)}${added.charAt(i + 1)}${added.charAt(i)}${added.slice(i + 2)}`
      const edits = [
        added,
        before + behind,
        before + sign[0] + behind,
        before + sign[0] + added.slice(i),
        swapped,
      ]
      for (const asked of edits) expect(near.of(asked)).toContain(added)
    }),
  )
})

it('finds nothing that is two edits away', () => {
  const near = new NearTexts<string>()
  near.add('taobao', 'taobao')
  expect(near.of('taobao')[0]).toBe('taobao')
  expect(near.of('xxobao')).toEqual([])
  expect(near.of('tao')).toEqual([])
  expect(near.of('')).toEqual([])
})
