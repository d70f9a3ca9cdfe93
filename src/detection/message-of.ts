import type { Message, Origin, Part, Position, SmsRecord } from '../domain/message.ts'
import { canonicalNumber } from '../text/canonical-number.ts'

export function originOf(record: SmsRecord, position: Position): Origin {
  const { id, value, ext, item } = record
  const origin = ext === undefined ? { id, position, value } : { id, position, value, ext }
  return item === undefined ? origin : { ...origin, item }
}

const NONE: readonly never[] = []

export function messageOf(record: SmsRecord, position: Position, receivedAt: number): Message {
  return {
    id: record.id,
    ts: record.ts,
    from: canonicalNumber(record.from),
    to: canonicalNumber(record.to),
    text: record.text,
    record,
    origins: [originOf(record, position)],
    position,
    receivedAt,
    partial: false,
    byDeadline: false,
    seams: NONE,
  }
}

/**
 * A part scored alone because the others of its SMS were flushed before it arrived. A reader that sees it again without them
 * flushes it by its deadline, so it already gets the counting key of that case.
 */
export function partOf(record: SmsRecord, part: Part, position: Position, receivedAt: number): Message {
  const seams = seamsOf([{ index: part.index, text: record.text }], part.count)
  return { ...messageOf(record, position, receivedAt), partial: true, byDeadline: true, seams }
}

/** Offsets in the joined text where parts are missing. */
export function seamsOf(
  parts: readonly { readonly index: number; readonly text: string }[],
  count: number,
): number[] {
  const seams: number[] = []
  let expected = 1
  let at = 0
  for (const { index, text } of parts) {
    if (index !== expected) seams.push(at)
    at += text.length
    expected = index + 1
  }
  if (expected <= count) seams.push(at)
  return seams
}
