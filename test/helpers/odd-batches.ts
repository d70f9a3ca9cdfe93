import type { Random } from '../../src/text/reader/random.ts'
import {
  CONTROL,
  type CodecNumber,
  compressedSet,
  DELETE_HORIZON,
  LOG_APPEND_TIME,
  message,
  NOON,
  recordBatch,
  recordBody,
  TRANSACTIONAL,
  varint,
  type WrittenMessage,
  type WrittenRecord,
  withChecksum,
} from './record-batches.ts'

const EXTREMES = [
  0n,
  1n,
  -1n,
  2n ** 31n - 1n,
  -(2n ** 31n),
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]
const TEXTS = ['', 'k', '{"id":"1"}', '【京东】您的订单已发货', '__proto__', 'x'.repeat(300)]
const CODECS: readonly CodecNumber[] = [0, 1, 2, 3, 4]

/** Bytes of a fetched partition: batches of all formats, most of them as producers write them. */
export function oddFetch(random: Random): Buffer {
  const batches: Buffer[] = []
  let offset = random.pick([0, 7, 1_000_000, 2 ** 40])
  for (let n = random.between(1, 4); n > 0; n--) {
    const { bytes, next } = random.chance(0.75) ? oddBatch(random, offset) : oddSet(random, offset)
    batches.push(bytes)
    offset = next + random.below(3)
  }
  const all = Buffer.concat(batches)
  if (random.chance(0.1)) return all.subarray(0, random.below(all.length + 1))
  return all
}

/** Like `oddFetch`, with some bits flipped; half the time the checksum of a leading format 2 batch is corrected. */
export function damagedFetch(random: Random): Buffer {
  const bytes = Buffer.from(oddFetch(random))
  for (let n = random.between(0, 3); n > 0 && bytes.length > 0; n--)
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
  const length = bytes.length >= 61 && bytes[16] === 2 ? 12 + bytes.readInt32BE(8) : 0
  if (length >= 61 && length <= bytes.length && random.chance(0.5)) withChecksum(bytes.subarray(0, length))
  return bytes
}

interface Made {
  readonly bytes: Buffer
  readonly next: number
}

function oddBatch(random: Random, baseOffset: number): Made {
  const records = Array.from({ length: random.pick([0, 1, 2, 5, 40]) }, () => oddRecord(random))
  let delta = -1
  const placed = records.map((record) => {
    delta += random.chance(0.9) ? 1 : random.between(2, 9)
    return { ...record, offsetDelta: delta }
  })
  const lastOffsetDelta = Math.max(0, delta + (random.chance(0.1) ? random.below(5) : 0))
  const attributes = [LOG_APPEND_TIME, TRANSACTIONAL, DELETE_HORIZON, CONTROL].reduce(
    (sum, bit) => sum | (random.chance(bit === CONTROL ? 0.03 : 0.15) ? bit : 0),
    0,
  )
  const lies = random.chance(0.2)
  const bytes = recordBatch({
    records: placed,
    baseOffset,
    lastOffsetDelta,
    attributes,
    codec: random.pick(CODECS),
    baseTimestamp: random.chance(0.9) ? NOON : random.pick(EXTREMES),
    maxTimestamp: random.chance(0.9) ? NOON + 5n : random.pick(EXTREMES),
    ...(lies && random.chance(0.3)
      ? { count: random.pick([-1, 0, records.length + 1, records.length - 1, 2 ** 30]) }
      : {}),
    ...(lies && random.chance(0.2) ? { crc: random.below(2 ** 32) } : {}),
    ...(lies && random.chance(0.2) ? { tail: Buffer.from([random.below(256)]) } : {}),
    ...(lies && random.chance(0.2) ? { lastOffsetDelta: random.pick([-1, 0, 2 ** 31 - 1]) } : {}),
    ...(lies && random.chance(0.1) ? { length: random.pick([-1, 0, 13, 48, 49, 2 ** 31 - 1]) } : {}),
  })
  return { bytes, next: baseOffset + lastOffsetDelta + 1 }
}

function oddRecord(random: Random): WrittenRecord {
  const text = () => (random.chance(0.1) ? null : Buffer.from(random.pick(TEXTS)))
  const headers = Array.from(
    { length: random.chance(0.8) ? 0 : random.below(4) },
    () => [random.pick(TEXTS), text()] as const,
  )
  const timestampDelta = random.chance(0.9) ? BigInt(random.below(5_000)) : random.pick(EXTREMES)
  const record = { key: random.chance(0.5) ? null : text(), value: text(), headers, timestampDelta }
  if (random.chance(0.97)) return record
  // A correctly delimited record with an invalid body.
  const body = recordBody(record, random.below(50))
  const at = random.below(body.length)
  return random.pick<() => WrittenRecord>([
    () => ({ body: body.subarray(0, at) }),
    () => ({ body: Buffer.concat([body, Buffer.of(7)]) }),
    () => ({ body: Buffer.concat([body.subarray(0, at), varint(random.pick(EXTREMES)), body.subarray(at)]) }),
    () => ({ body: Buffer.concat([body.subarray(0, at), overlong(random), body.subarray(at)]) }),
    () => ({ ...record, length: random.pick([-1, 0, body.length + 1, 2 ** 31 - 1]) }),
  ])()
}

/** A varint of more bytes than necessary, or than allowed. */
function overlong(random: Random): Buffer {
  const bytes = Buffer.alloc(random.between(2, 12), 0x80 | random.below(128))
  bytes[bytes.length - 1] = random.below(256)
  return bytes
}

function oddSet(random: Random, offset: number): Made {
  const magic = random.pick([0, 1] as const)
  const plainEntry = (at: number): Buffer => message({ ...oddMessage(random, magic), offset: at })
  if (random.chance(0.4)) return { bytes: plainEntry(offset), next: offset + 1 }
  const count = random.between(1, 6)
  const last = offset + count - 1
  const inner = Array.from({ length: count }, (_, i) =>
    plainEntry(magic === 1 && random.chance(0.97) ? i : offset + i),
  )
  if (random.chance(0.05)) inner.push(Buffer.from('rest'))
  const wrapper = {
    ...oddMessage(random, magic),
    offset: random.chance(0.95) ? last : random.pick([0, offset]),
  }
  return { bytes: compressedSet(wrapper, random.pick([1, 2, 3] as const), inner), next: last + 1 }
}

function oddMessage(random: Random, magic: 0 | 1): Omit<WrittenMessage, 'offset'> {
  const text = () => (random.chance(0.2) ? null : Buffer.from(random.pick(TEXTS)))
  return {
    magic,
    timestamp: random.chance(0.9) ? NOON : random.pick(EXTREMES),
    attributes: magic === 1 && random.chance(0.2) ? LOG_APPEND_TIME : 0,
    key: text(),
    value: text(),
    ...(random.chance(0.03) ? { crc: random.below(2 ** 32) } : {}),
  }
}

/** A batch of one record with `count` headers. */
export function manyHeaders(count: number): Buffer {
  const header = Buffer.concat([varint(1), Buffer.from('h'), varint(1), Buffer.from('v')])
  const head = Buffer.concat([Buffer.of(0), varint(0), varint(0), varint(-1), varint(-1), varint(count)])
  const body = Buffer.concat([head, Buffer.concat(Array.from({ length: count }, () => header))])
  return recordBatch({ records: [{ body }] })
}
