import { afterAll, beforeAll, expect, it } from 'vitest'
import { decodingWithin } from '../../../../../src/adapters/kafka/records/decoding.ts'
import { batchesOf, type FetchedBatch } from '../../../../../src/adapters/kafka/records/fetched-batches.ts'
import type { FetchedRecord } from '../../../../../src/adapters/kafka/records/raw-records.ts'
import { slicesOf } from '../../../../../src/adapters/kafka/records/slices.ts'
import { createRandom } from '../../../../../src/text/reader/random.ts'
import { type JavaBatch, JavaDecoder, type JavaRecord } from '../../../../helpers/java-decoder.ts'
import { kafkaMissing } from '../../../../helpers/kafka-broker.ts'
import { damagedFetch, manyHeaders, oddFetch } from '../../../../helpers/odd-batches.ts'

const INPUTS = Number(process.env.SIGWATCH_JAVA_INPUTS ?? 1_500)
const HEADERS = 20_000
const missing = kafkaMissing()
if (missing !== undefined && process.env.CI === 'true') throw new Error(`the Java decoder needs ${missing}`)

let java: JavaDecoder
beforeAll(() => {
  if (missing === undefined) java = new JavaDecoder()
})
afterAll(() => java?.close())

function decodedBy(bytes: Buffer): FetchedBatch[] {
  return batchesOf(bytes, { highWatermark: 2 ** 53, firstIsWhole: false, aborted: [] })
}

async function recordsOf(batch: FetchedBatch): Promise<FetchedRecord[]> {
  const options = {
    ...decodingWithin({ headers: HEADERS, bytesInFlight: 100_000_000 }),
    from: Number.NEGATIVE_INFINITY,
    size: 7,
  }
  const all: FetchedRecord[] = []
  for await (const { records } of slicesOf([batch], { topic: 't', partition: 0 }, options))
    all.push(...records)
  return all
}

/** As the Java decoder prints a record; a time beyond 2^53 as the nearest number. */
function shown(record: FetchedRecord) {
  const { position, timestamp, timestampType, key, value, isTombstone, headers } = record
  return {
    offset: position.offset,
    timestamp,
    type: timestampType ?? 'NoTimestampType',
    key: key?.toString('hex') ?? null,
    value: isTombstone ? null : value.toString('hex'),
    headers: [...(headers?.entries() ?? [])].map(([name, v]) => [
      Buffer.from(name).toString('hex'),
      v === undefined ? null : (v as Buffer).toString('hex'),
    ]),
  }
}

function expected({ offset, timestamp, ...rest }: JavaRecord) {
  return { ...rest, offset: Number(offset), timestamp: Number(timestamp) }
}

/** Where this decoder refuses what the Java one accepts: what no broker stores, as it looks at all records it appends. */
const STRICTER: readonly (readonly [RegExp, (batch: FetchedBatch, of: JavaBatch) => boolean])[] = [
  [/its last offset/, ({ bytes }) => bytes.readInt32BE(23) < 0],
  [/an offset|its offsets/, ({ first = 0, last }, { records }) => !isAscending(records, first, last)],
  // Of an empty batch Java does not look at the bytes.
  [/./, ({ magic, bytes }) => magic === 2 && bytes.readInt32BE(57) === 0],
  [/messages are not delimited/, ({ magic }) => magic < 2],
  [/format is not 0 or 1/, ({ magic }) => magic < 2],
]

function isAscending(records: readonly JavaRecord[], first: number, last: number): boolean {
  let before = first - 1
  for (const { offset } of records) {
    if (Number(offset) <= before || Number(offset) > last) return false
    before = Number(offset)
  }
  return true
}

/** Where this decoder reads what the Java one refuses. */
const LENIENT =
  /checksum|Dependent block|frame descriptor|Block \d|Zstd|trailer|Stream frame|Invalid wrapper magic|wrapper offset|no inner records|header|Reserved|decompress record stream/i

async function compare(bytes: Buffer): Promise<void> {
  const [ours, theirs] = [decodedBy(bytes), await java.decode(bytes)]
  for (const [n, batch] of ours.entries()) {
    // Offsets are numbers here, which are exact to 2^53: no log comes so far.
    if (Math.abs(batch.first ?? batch.last) > 2 ** 52) continue
    const of = theirs.batches[n]
    const records = await recordsOf(batch)
    const unreadable = records.find((record) => record.unreadable !== undefined)
    const where = `batch ${n}, ${of?.records.length} records: ${unreadable?.unreadable} | ${of?.error ?? theirs.error} | ${bytes.toString('base64')}`
    if (of === undefined) {
      // The Java iterator stops there; here the batches behind are read.
      if (n === theirs.batches.length) expect(unreadable, where).toBeDefined()
      continue
    }
    if (of.control || batch.isControlRecord) {
      if (batch.damage === undefined) expect(records, where).toEqual([])
      continue
    }
    const readable = records.filter((record) => record.unreadable === undefined)
    if (of.error !== undefined) {
      if (unreadable === undefined) expect(of.error, where).toMatch(LENIENT)
      const known = new Map(of.records.map((record) => [Number(record.offset), record]))
      for (const record of readable) {
        const same = known.get(record.position.offset)
        if (same) expect(shown(record), where).toEqual(expected(same))
      }
    } else if (unreadable === undefined) {
      expect(readable.map(shown), where).toEqual(of.records.map(expected))
    } else {
      const reason = unreadable.unreadable!
      expect(
        STRICTER.some(([said, holds]) => said.test(reason) && holds(batch, of)),
        where,
      ).toBe(true)
    }
  }
  expect(theirs.batches.length, bytes.toString('base64')).toBeLessThanOrEqual(ours.length)
}

it.skipIf(missing)(
  'what fetches bring is decoded as the Java consumer decodes it',
  { timeout: 300_000 },
  async () => {
    const random = createRandom(Number(process.env.SIGWATCH_JAVA_SEED ?? 1))
    for (let n = 0; n < INPUTS; n++) await compare(n % 2 === 0 ? oddFetch(random) : damagedFetch(random))
  },
)

it.skipIf(missing).each([0, 1, 127, 128, HEADERS])(
  '%i headers are read as Java reads them',
  async (count) => {
    await compare(manyHeaders(count))
  },
)
