import type { Random } from '../../src/text/reader/random.ts'
import { mixedText } from '../helpers/hostile-texts.ts'

/** Values that a field does not expect. */
function odd(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => true,
    () => '',
    () => [],
    () => ({}),
    () => [[[[['deep']]]]],
    () => mixedText(random, 40),
    () => mixedText(random, 4000),
    () => random.pick([0, -1, 1.5, 9e15, -9e15, 2 ** 53, 1e308, 4102444800000]),
    () =>
      random.pick([
        '2026-11-11T12:00+08:00',
        '9999-99-99T99:99Z',
        '-1',
        '1e9',
        'Infinity',
        '__proto__',
        '86138',
      ]),
    () => ({
      __proto__: 1,
      constructor: 'x',
      ref: random.below(9),
      index: random.below(300),
      count: random.below(300),
    }),
  ])()
}

/** A JSON value with some of its members changed, gone, or joined by others, as text. */
export function mutated(random: Random, value: unknown): string {
  const copy = JSON.parse(JSON.stringify(value)) as unknown
  let changed = copy
  for (let n = random.below(4); n > 0; n--) changed = changedOnce(random, changed)
  const text = JSON.stringify(changed) ?? 'null'
  return random.chance(0.2) ? mutatedText(random, text) : text
}

function changedOnce(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.05)) return odd(random)
  if (Array.isArray(value) && (value.length === 0 || random.chance(0.3))) {
    value.push(odd(random))
    return value
  }
  const members = value as Record<string, unknown>
  const keys = Object.keys(members)
  const isNew = keys.length === 0 || (random.chance(0.1) && !Array.isArray(value))
  const key = isNew ? mixedText(random, 12) : random.pick(keys)
  if (random.chance(0.3) && keys.length > 0) members[key] = changedOnce(random, members[key])
  else if (random.chance(0.2)) delete members[key]
  else members[key] = odd(random)
  return value
}

const SIGNS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '- ',
  '\n',
  '\n  ',
  '"',
  "'",
  '&a ',
  '*a',
  '<<: *a\n',
  '!!binary ',
  '|',
  '>',
]

/** A text with a few stretches left out, doubled, moved or replaced. */
export function mutatedText(random: Random, text: string): string {
  let changed = text
  for (let n = random.between(1, 5); n > 0; n--) {
    const at = random.below(changed.length + 1)
    const to = Math.min(changed.length, at + random.below(12))
    const middle = random.pick<() => string>([
      () => '',
      () => changed.slice(at, to).repeat(random.between(2, 40)),
      () => random.pick(SIGNS).repeat(random.chance(0.1) ? 200 : 1),
      () => mixedText(random, 30),
    ])()
    changed = changed.slice(0, at) + middle + changed.slice(to)
  }
  return changed
}
