import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
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
      throw new SigwatchError('SINK_UNREACHABLE', `${path}: ${failure.message}`, { cause: failure })
  }
  return {
    async write(lines: readonly (string | Buffer)[]): Promise<void> {
      check()
      const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from('\n')]))
      if (!stream.write(bytes)) await once(stream, 'drain')
      check()
    },
    async close(): Promise<void> {
      if (path !== '-') await new Promise<void>((resolve) => stream.end(resolve))
      check()
    },
  }
}
