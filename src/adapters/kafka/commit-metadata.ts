import { given } from '../../domain/given.ts'
import type { OffsetRange, Reached } from '../../domain/ports.ts'

export interface CommitMetadata {
  /** Id of the topic that was read, or undefined if the committer did not record it. */
  readonly topicId?: string
  readonly written?: readonly OffsetRange[]
}

/** The brokers' default limit (`offset.metadata.max.bytes`). */
const MAX_BYTES = 4_096
const FORM = /^([0-9a-f]{32})?(?::([A-Za-z0-9_-]+))?$/

/**
 * Encodes `<topic id>:<ranges>`; both parts are optional. The ranges are base64url of varints: the gap to the end of
 * the previous range (for the first, to the offset), then the length. `left` is the number of trailing ranges that did
 * not fit.
 */
export function metadataOf(
  topicId: string | undefined,
  { offset, written }: Reached,
): { readonly text: string | null; readonly left: number } {
  const id = topicId ?? ''
  if (written.length === 0) return { text: topicId ?? null, left: 0 }
  const room = Math.floor(((MAX_BYTES - id.length - 1) * 3) / 4)
  const bytes: number[] = []
  let end = offset
  for (const [n, range] of written.entries()) {
    const before = bytes.length
    put(range.from - end, bytes)
    put(range.to - range.from, bytes)
    if (bytes.length > room) {
      bytes.length = before
      return { text: `${id}:${Buffer.from(bytes).toString('base64url')}`, left: written.length - n }
    }
    end = range.to
  }
  return { text: `${id}:${Buffer.from(bytes).toString('base64url')}`, left: 0 }
}

/** Decodes what `metadataOf` wrote for `offset`; empty if another program wrote it. */
export function readMetadata(text: string | null | undefined, offset: number): CommitMetadata {
  const [, topicId, ranges] = FORM.exec(text ?? '') ?? []
  const written = ranges === undefined ? [] : rangesOf(Buffer.from(ranges, 'base64url'), offset)
  return given({ topicId, written: written.length === 0 ? undefined : written })
}

function rangesOf(bytes: Buffer, offset: number): OffsetRange[] {
  const ranges: OffsetRange[] = []
  let end = offset
  let at = 0
  const number = () => {
    let value = 0
    for (let unit = 1; ; unit *= 0x80) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const from = end + number()
    end = from + number()
    ranges.push({ from, to: end })
  }
  return ranges
}

function put(value: number, bytes: number[]): void {
  let left = value
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80)
  bytes.push(left)
}

/** Message for operators about ranges that did not fit. */
export function didNotFit(partition: string, left: number): string {
  return `${partition}: ${left} stretches behind its offset do not fit into the commit: what follows from them is written again after a failure`
}
