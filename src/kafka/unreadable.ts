import { randomBytes } from 'node:crypto'

/** No producer can know it: what begins with it comes from here. */
const MARK = randomBytes(16)
/** Records of a batch that is passed over, at most; the largest that brokers take by default holds fewer. */
const MAX_RECORDS = 131_072
const NO_KEY = -1

let last: { readonly reason: string; readonly records: Buffer } | undefined

/**
 * Stands for the records of a batch that cannot be unpacked, as the client reads them: one for each offset, as many as it
 * asks for, all saying why. Thrown instead, the failure would be tried again for ever and nothing behind it be read.
 */
export function unreadableRecords(reason: string): Buffer {
  if (last?.reason !== reason) last = { reason, records: encode(Buffer.concat([MARK, Buffer.from(reason)])) }
  return last.records
}

/** Why the batch of this value could not be unpacked; undefined: it is what the producer wrote. */
export function unreadableReason(value: Buffer): string | undefined {
  // Asked of every record, of which hardly one has the first byte.
  if (value[0] !== MARK[0] || !value.subarray(0, MARK.length).equals(MARK)) return undefined
  return value.subarray(MARK.length).toString()
}

/** Records of the message format 2 with ascending offsets. */
function encode(value: Buffer): Buffer {
  const tail = Buffer.concat([varint(NO_KEY), varint(value.length), value, varint(0)])
  const records: Buffer[] = []
  for (let delta = 0; delta < MAX_RECORDS; delta++) {
    const head = Buffer.concat([Buffer.of(0), varint(0), varint(delta)])
    records.push(varint(head.length + tail.length), head, tail)
  }
  return Buffer.concat(records)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
