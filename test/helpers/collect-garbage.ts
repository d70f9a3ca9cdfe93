import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

const collect = runInNewContext('gc') as () => void

/** Runs a full garbage collection. Another thread frees the array buffers that it finds; a second collection waits for that. */
export function collectGarbage(): void {
  collect()
  collect()
}
