import type { Intaken } from '../pipeline/outputs.ts'
import type { BatchOutcome } from '../pipeline/pipeline.ts'
import type { SideRows } from './side-rows.ts'

/**
 * Works on a batch in pieces that end where a side row is due, so that the row acts between the messages before its
 * time and those after it. For files: they hold hours in one batch, where a stream holds milliseconds.
 */
export function inOrder(
  process: (items: readonly Intaken[]) => Promise<BatchOutcome>,
  sideRows: SideRows,
): (items: readonly Intaken[]) => Promise<BatchOutcome> {
  return async function processInOrder(items) {
    if (sideRows.dueAt === Number.POSITIVE_INFINITY) return process(items)
    const pieces: BatchOutcome['outputs'][] = []
    let start = 0
    for (const [i, item] of items.entries()) {
      if (item.kind !== 'message' || item.eventTime < sideRows.dueAt) continue
      if (i > start) pieces.push((await process(items.slice(start, i))).outputs)
      await sideRows.advance(item.eventTime)
      start = i
    }
    pieces.push((await process(items.slice(start))).outputs)
    return { outputs: pieces.flat() }
  }
}
