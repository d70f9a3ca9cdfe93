import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../src/offline/simulator/random.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'corpus', 'campaigns')

/** A message in many wordings: `campaign`, `general` (may be sent by any enterprise) or `platform` (by shops of one trade). */
export interface Wordings {
  readonly kind: string
  readonly name: string
  readonly template: string
}

export function wordingsIn(file: 'tuning' | 'judging' | 'judged-once'): readonly Wordings[] {
  return readFileSync(join(FOLDER, `${file}.tsv`), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t') as [string, string, string])
    .map(([kind, name, template]) => ({ kind, name, template }))
}

const MARKS = ['，', '，', '！', ' ', '~', '，🔥', '👉', '✨，'] as const
const SUFFIXES = ['com', 'cn', 'top', 'cc', 'vip'] as const

/** A message with random words, amounts, marks and link. */
export function wordingOf({ template }: Wordings, random: Random): string {
  const link = () =>
    ` ${random.pick([...'qwzxkvj'])}${random.pick([...'aeiou'])}${random.digits(4)}.${random.pick(SUFFIXES)}/${random.digits(2)} `
  return template
    .replace(/\{([^}]+)\}/g, (_, words: string) => random.pick(words.split('|')))
    .replace(/#/g, () => String(random.int(2, 99)))
    .replace(/@/g, link)
    .replace(/，/g, () => random.pick(MARKS))
}
