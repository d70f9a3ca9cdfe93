import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { SigwatchError } from '../domain/errors.ts'

/** Writes lines to a file, or to stdout for `-`, respecting backpressure. Rejects with SINK_UNREACHABLE. */
export function lineWriter(path: string) {
  const stream = path === '-' ? process.stdout : createWriteStream(path)
  let failure: Error | undefined
  stream.on('error', (error) => {
    failure ??= error
  })
  const check = () => {
    if (failure)
      throw new SigwatchError('SINK_UNREACHABLE', `cannot write ${path}: ${failure.message}`, {
        cause: failure,
      })
  }
  return {
    async write(lines: readonly (string | Buffer)[]): Promise<void> {
      check()
      const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from('\n')]))
      // An error of the stream is noted above and ends the wait.
      if (!stream.write(bytes)) await once(stream, 'drain').catch(() => undefined)
      check()
    },
    async close(): Promise<void> {
      if (path !== '-') await finished(stream.end()).catch(() => undefined)
      check()
    },
  }
}
