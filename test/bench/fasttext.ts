import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Options of fastText for word features, or for character features too. */
const GRAMS = {
  words: ['-wordNgrams', '2'],
  grams: ['-wordNgrams', '3', '-minn', '1', '-maxn', '3'],
} as const
export type Kind = keyof typeof GRAMS
export const KINDS = Object.keys(GRAMS) as Kind[]

const LEARN = ['-thread', '1', '-epoch', '25', '-lr', '0.5']
const MAX_OUTPUT = 1 << 28

/** fastText reads words: separates Chinese characters with spaces. */
export const spaced = (text: string) =>
  text
    .toLowerCase()
    .replace(/[\u3400-\u9fff]/g, ' $& ')
    .replace(/\s+/g, ' ')
    .trim()

/** Writes a file for training or testing fastText. */
export function writeLabelled(
  file: string,
  rows: readonly { readonly label: string; readonly text: string }[],
): void {
  writeFileSync(file, rows.map(({ label, text }) => `__label__${label} ${spaced(text)}\n`).join(''))
}

/** Trains on a file of `writeLabelled`; returns the path of the model in `dir`. Requires the Debian package fasttext. */
export function learn(file: string, dir: string, kind: Kind): string {
  const model = join(dir, kind)
  const from = ['supervised', '-input', file, '-output', model]
  execFileSync('fasttext', [...from, ...LEARN, ...GRAMS[kind]], { stdio: 'ignore' })
  return `${model}.bin`
}

/** Predicted labels of the lines of a file. */
export function predict(model: string, file: string): string[] {
  const said = execFileSync('fasttext', ['predict', model, file], { encoding: 'utf8', maxBuffer: MAX_OUTPUT })
  return said
    .trim()
    .split('\n')
    .map((line) => line.replace('__label__', ''))
}

/** CPU time of `predict` for a file, including start-up, s. */
export function secondsToPredict(model: string, file: string): number {
  const timed = 'TIMEFORMAT="%U %S"; { time fasttext predict "$0" "$1" > /dev/null; } 2>&1'
  const said = execFileSync('bash', ['-c', timed, model, file], { encoding: 'utf8' })
  const [user, system] = said.trim().split(' ').map(Number)
  return user! + system!
}
