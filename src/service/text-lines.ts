import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { SigwatchError } from '../domain/errors.ts'

/** The non-empty lines of a file, numbered from 1. Rejects with USAGE if it cannot be read. */
export async function* textLines(
  file: string,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let line = 0
  try {
    const stream = createReadStream(file, 'utf8')
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      if (text.trim() !== '') yield { text, line }
    }
  } catch (error) {
    throw new SigwatchError('USAGE', `${file}: ${(error as Error).message}`)
  }
}
