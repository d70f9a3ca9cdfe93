import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What makes fastText count words, or characters as well. */
const GRAMS = {
  words: ['-wordNgrams', '2'],
  grams: ['-wordNgrams', '3', '-minn', '1', '-maxn', '3'],
} as const
export type Kind = keyof typeof GRAMS
export const KINDS = Object.keys(GRAMS) as Kind[]

const LEARN = ['-thread', '1', '-epoch', '25', '-lr', '0.5']
const MAX_OUTPUT = 1 << 28

/** fastText reads words: characters of Chinese are parted by spaces. */
export const spaced = (text: string) =>
  text
    .toLowerCase()
    .replace(/[\u3400-\u9fff]/g, ' $& ')
    .replace(/\s+/g, ' ')
    .trim()

/** A file as fastText learns from it and is judged by. */
export function writeLabelled(
  file: string,
  rows: readonly { readonly label: string; readonly text: string }[],
): void {
  writeFileSync(file, rows.map(({ label, text }) => `__label__${label} ${spaced(text)}\n`).join(''))
}

/** Learns from a file of `writeLabelled`; returns the path of the model, in `dir`. Needs Debian's package fasttext. */
export function learn(file: string, dir: string, kind: Kind): string {
  const model = join(dir, kind)
  const from = ['supervised', '-input', file, '-output', model]
  execFileSync('fasttext', [...from, ...LEARN, ...GRAMS[kind]], { stdio: 'ignore' })
  return `${model}.bin`
}

/** The labels that a model gives the lines of a file, in their order. */
export function predict(model: string, file: string): string[] {
  const said = execFileSync('fasttext', ['predict', model, file], { encoding: 'utf8', maxBuffer: MAX_OUTPUT })
  return said
    .trim()
    .split('\n')
    .map((line) => line.replace('__label__', ''))
}

/** Seconds of processor time that `predict` takes for a file, starting included. */
export function secondsToPredict(model: string, file: string): number {
  const timed = 'TIMEFORMAT="%U %S"; { time fasttext predict "$0" "$1" > /dev/null; } 2>&1'
  const said = execFileSync('bash', ['-c', timed, model, file], { encoding: 'utf8' })
  const [user, system] = said.trim().split(' ').map(Number)
  return user! + system!
}
