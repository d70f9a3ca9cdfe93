import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Alert } from '../domain/alert.ts'
import { SigwatchError } from '../domain/errors.ts'
import { jsonOf } from '../domain/json.ts'

/** The non-empty lines of a file, numbered from 1. Rejects with USAGE if it cannot be read. */
async function* textLines(file: string): AsyncGenerator<{ readonly text: string; readonly line: number }> {
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

/** The alerts in a file, one a line. Rejects with USAGE for a line that is none. */
export async function* alertsIn(file: string): AsyncGenerator<Alert> {
  for await (const { text, line } of textLines(file)) {
    const alert = jsonOf<Alert | null>(text)
    const isAlert = typeof alert?.id === 'string' && typeof alert.time === 'string'
    if (!isAlert || !alert.data?.reasons || !alert.data.target)
      throw new SigwatchError('USAGE', `${file}:${line}: is not an alert`)
    yield alert
  }
}
