import { type Codec, producedBatch, type WrittenRecord } from '../helpers/record-batches.ts'
import type { Cell } from './arena.ts'
import type { LawfulRecord, PlantedBatch } from './planted.ts'

const MB = 1 << 20
const PACKED: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd']

interface Kind {
  readonly ends: 'judged' | 'buried'
  readonly codec?: Codec
  readonly varintBytes?: number
  readonly rots?: boolean
}

let numbers = 0
/** Ids of planted records never repeat within a run. */
const numbered = (lawful: LawfulRecord, count: number): Buffer[] =>
  Array.from({ length: count }, () => lawful(++numbers))

function batchOf(partition: number, records: readonly WrittenRecord[], kind: Kind): PlantedBatch {
  const { ends, rots = false, ...options } = kind
  return {
    ...{ partition, rots },
    bytes: producedBatch(records, options),
    records: records.map(({ value = null }) => ({ value, ends })),
  }
}

/** Records that a broker takes, whatever it thinks of them; what is asked of the cells alone is that nothing stops. */
function cellOf(name: string, what: string, batches: Cell['batches']): Cell {
  return { name, what, batches: batches!, answers: true, async fault() {} }
}

/** Bytes that no producer of an operator writes on a common day. */
export const BYTE_CELLS: readonly Cell[] = [
  cellOf('batch-of-200000', 'a gzip batch holds 200,000 records', (lawful) => [
    // An id that differs in a few digits alone, so that the batch is one that brokers take.
    batchOf(
      0,
      numbered(lawful, 200_000).map((value) => ({ value })),
      { codec: 'gzip', ends: 'judged' },
    ),
  ]),
  cellOf('headers', 'one record of a batch has 12,000 headers', (lawful) => {
    const headers = Array.from({ length: 12_000 }, (_, n) => [Buffer.from(`h${n}`), null] as const)
    const [before, odd, after] = numbered(lawful, 3)
    const { bytes } = batchOf(0, [{ value: before! }, { value: odd!, headers }, { value: after! }], {
      ends: 'judged',
    })
    return [
      {
        ...{ partition: 0, bytes },
        records: [
          { value: before!, ends: 'judged' },
          { value: odd!, ends: 'buried' },
          { value: after!, ends: 'judged' },
        ],
      },
    ]
  }),
  cellOf(
    'batches-unpack-to-much',
    'two batches of each codec in each of four partitions decompress to 40 MB (snappy: 8 MB)',
    (lawful) =>
      PACKED.flatMap((codec) =>
        [0, 1, 2, 3, 0, 1, 2, 3].map((partition) => {
          const padding = Buffer.alloc(codec === 'snappy' ? 8 * MB : 40 * MB, ' ')
          const [small] = numbered(lawful, 1)
          const bytes = producedBatch([{ value: small! }, { value: padding }], { codec })
          return {
            ...{ partition, bytes },
            records: [
              { value: small!, ends: 'judged' as const },
              // Longer than any record may be.
              { value: null, ends: 'buried' as const },
            ],
          }
        }),
      ),
  ),
  cellOf('batch-not-unpacked', 'a gzip batch of 1,000 records cannot be decompressed', (lawful) => [
    batchOf(
      0,
      numbered(lawful, 1_000).map((value) => ({ value })),
      { codec: 'gzip', ends: 'buried', rots: true },
    ),
  ]),
  cellOf(
    'unusual-varints',
    'overlong varints, timestamps that precede the first of the batch, and headers without name or value',
    (lawful) =>
      [0, 1].flatMap((partition) =>
        (['none', 'gzip'] as const).map((codec) =>
          batchOf(
            partition,
            numbered(lawful, 50).map((value, n) => ({
              ...{ value, key: n % 2 === 0 ? null : Buffer.alloc(0), timestampDelta: -n },
              headers: [
                [Buffer.alloc(0), null],
                [Buffer.from('a'), Buffer.alloc(0)],
                [Buffer.from('a'), Buffer.from([0xff, 0xfe])],
              ] as const,
            })),
            { codec, varintBytes: 5, ends: 'judged' },
          ),
        ),
      ),
  ),
]
