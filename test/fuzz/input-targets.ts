import { compileAvro } from '../../src/adapters/input/avro.ts'
import { compileProtobuf } from '../../src/adapters/input/protobuf.ts'
import { loadMapping } from '../../src/analyst/complaints/mapping.ts'
import { readComplaintCsv } from '../../src/analyst/complaints/read-csv.ts'
import { RecordError, SigwatchError } from '../../src/domain/errors.ts'
import { localTimeReader } from '../../src/domain/local-time.ts'
import type { RawRecord } from '../../src/domain/message.ts'
import { EARLIEST_TIME, LATEST_TIME, parseIsoTime, parseMoment } from '../../src/domain/time.ts'
import { decode, isRejection, isSplit } from '../../src/pipeline/decode.ts'
import { mappedFields, openEnvelope, withPlace } from '../../src/pipeline/record-reader.ts'
import { type InputMap, mapFaults } from '../../src/settings/map-schema.ts'
import type { Random } from '../../src/text/reader/random.ts'
import { NOON } from '../helpers/detector-fixtures.ts'
import { mixedText } from '../helpers/hostile-texts.ts'
import { mutated, mutatedText } from './mutate.ts'
import { allowing, must, type Target } from './target.ts'

const LIMITS = { futureReject: 300_000, maxRecordBytes: 1_000_000 }
const RECIPIENT = '13800138000'
const isRecordError = (error: unknown): boolean => error instanceof RecordError
const isUsage = (error: unknown): boolean => error instanceof SigwatchError && error.code === 'USAGE'

// ---------------------------------------------------------------- operator's maps

/** A record of a gateway, and maps that find the fields in it. */
const GATEWAY = {
  hdr: { msgid: 'a1', 'odd/name~': 'x', n: 7 },
  submitTime: '20261111120000',
  at: NOON / 1_000,
  src: '10690000001',
  dst: RECIPIENT,
  content: '【测试】您好，退订回T',
  hex: Buffer.from('【测试】您好').toString('hex'),
  udh: { ref: 7, seq: 1, total: 2 },
  status: '0',
  list: [{ a: 1 }, [2]],
}
const MAPS: readonly InputMap[] = [
  {
    ...{ id: '/hdr/msgid', ts: { pointer: '/submitTime', form: 'yyyyMMddHHmmss', zone: '+08:00' } },
    ...{ from: '/src', to: '/dst', text: '/content', template: '/hdr/odd~1name~0' },
    ...{ carrier: { value: 'CMCC' }, disposition: { pointer: '/status', values: { '0': 'accepted' } } },
    part: { ref: '/udh/ref', index: '/udh/seq', count: '/udh/total' },
    ext: { n: '/hdr/n', first: '/list/0/a' },
  },
  {
    ...{ id: { key: true }, ts: { pointer: '/at', form: 'epoch-s' }, from: { header: 'src' }, to: '/dst' },
    ...{ text: { pointer: '/hex', form: 'hex', encoding: { header: 'enc', values: { '8': 'ucs2' } } } },
  },
  {
    ...{ id: { header: 'id' }, ts: { pointer: '/at', form: 'epoch-ms' }, from: '/src', to: { key: true } },
    ...{ text: { header: 'text', encoding: 'gbk' }, encoding: 'gbk' },
  },
]

interface MappedCase {
  readonly map: unknown
  readonly body: string
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
}

const HEADER_NAMES = ['src', 'enc', 'id', 'text', '__proto__', 'constructor', '']

function makeMapped(random: Random): string {
  const map = random.pick(MAPS)
  const headers = Object.fromEntries(
    Array.from({ length: random.below(6) }, () => [random.pick(HEADER_NAMES), mixedText(random, 30)]),
  )
  const made: MappedCase = {
    map: random.chance(0.4) ? parsed(mutated(random, map)) : map,
    body: mutated(random, GATEWAY),
    key: mixedText(random, 20),
    headers: { src: '10690000001', enc: '8', ...headers },
  }
  return JSON.stringify(made)
}

function runMapped(input: string): void {
  const { map, body, key, headers } = JSON.parse(input) as MappedCase
  const faults = mapFaults(map)
  for (const { message } of faults) must(message.length < 1_000, 'a fault that can be shown')
  if (faults.length > 0) return
  const checked = map as InputMap
  const raw: RawRecord = {
    position: { topic: 'sms.mt', partition: 0, offset: 0 },
    timestamp: NOON,
    value: Buffer.from(body),
    key: Buffer.from(key),
    headers: new Map(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  }
  const read = decode(raw, LIMITS, mappedFields(checked))
  if (isRejection(read)) {
    const detail = withPlace(read.detail, checked)
    must(!detail.includes(RECIPIENT), 'no recipient in a detail')
    must(read.error !== 'INTERNAL', 'a rejection with a reason')
  } else if (isSplit(read)) must(read.items.length > 0, 'an item or a rejection')
  else must(read.text.length > 0 && read.ts <= NOON + LIMITS.futureReject, 'a valid record')
  allowing(isRecordError, () => openEnvelope(raw))
}

// ---------------------------------------------------------------- Avro and Protobuf

const readAvro = compileAvro({
  ...{ type: 'AVRO' as const, references: [] },
  text: JSON.stringify({
    ...{ type: 'record', name: 'Sms' },
    fields: [
      { name: 'id', type: 'string' },
      { name: 'ts', type: 'long' },
      { name: 'tags', type: { type: 'map', values: ['null', 'bytes'] } },
      { name: 'parts', type: { type: 'array', items: 'null' } },
      { name: 'next', type: ['null', 'Sms'] },
      { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
      { name: 'score', type: 'double' },
    ],
  }),
})
const readProtobuf = compileProtobuf({
  ...{ type: 'PROTOBUF' as const, references: [] },
  text: `syntax = "proto3"; message Sms { string id = 1; int64 ts = 2; repeated Sms parts = 3; map<string, bytes> tags = 4;
    enum Kind { A = 0; B = 1; } Kind kind = 5; repeated double scores = 6; } message Other { Sms sms = 1; }`,
})
const AVRO_SAMPLE = Buffer.from('046131808080808080802002026102023078000002000000000000f03f0000', 'hex')
const PROTOBUF_SAMPLE = Buffer.from(
  '000a02613110808080801a040a02613222070a01611202ffff28013208000000000000f03f',
  'hex',
)

/** One character a byte. */
function makeBytes(random: Random, sample: Buffer): string {
  const bytes = [...sample]
  for (let n = random.below(6); n > 0; n--) {
    const at = random.below(bytes.length + 1)
    const how = random.below(3)
    if (how === 0) bytes[at] = random.pick([0, 1, 2, 0x7f, 0x80, 0xff, random.below(256)])
    else if (how === 1) bytes.splice(at, random.below(4))
    else bytes.splice(at, 0, ...Array.from({ length: random.below(40) }, () => random.below(256)))
  }
  return Buffer.from(bytes.map((byte) => byte ?? 0)).toString('latin1')
}

const isError = (error: unknown): boolean => error instanceof Error

// ---------------------------------------------------------------- times

const LOCAL = ['yyyyMMddHHmmss', 'MMddHHmmss', 'dd/MM/yyyy HH:mm:ss.SSS', 'yyMMddHHmm'].map((pattern) =>
  localTimeReader(pattern, 480),
)
const TIMES = [
  ...['2026-11-11T12:00+08:00', '2026-11-11T12:00:00.123456789Z', '20261111120000', '1111120000'],
  ...['11/11/2026 12:00:00.000', '2611111200', '2024-02-29T00:00Z', '2026-02-30T00:00Z', String(NOON)],
  ...['+275760-09-13T00:00', '-271821-04-20T00:00Z', '9999-12-31T23:59:59-23:59', '0', '9'.repeat(30)],
]

function runTime(input: string): void {
  const iso = parseIsoTime(input)
  must(Number.isNaN(iso) || !Number.isNaN(new Date(iso).getTime()), 'a time that can be')
  const moment = parseMoment(input)
  must(Number.isNaN(moment) || (Number.isInteger(moment) && moment <= LATEST_TIME), 'a moment within bounds')
  for (const read of LOCAL) {
    const ts = read(input, NOON)
    must(Number.isNaN(ts) || !Number.isNaN(new Date(ts).getTime()), 'a local time that can be')
  }
}

// ---------------------------------------------------------------- exports of complaints

const MAPPING = loadMapping('config/complaints-12321.yaml')
const CSV = `举报编号,举报时间,转办时间,办结时间,被举报号码,举报号码,短信内容,举报类型
A1,2026-11-02 09:30:00,2026-11-03 10:00:00,,10690200001,${RECIPIENT},"【某贷款】额度30万，""当天""放款，
退订回T",商业营销
1.38E+10,2026-11-04 08:00:00,,2026-11-05 08:00:00,10690200002,${RECIPIENT},没有编号,=cmd()
`

function runComplaints(input: string): void {
  const read = allowing(isUsage, () => readComplaintCsv(Buffer.from(input), MAPPING, 'x.csv'))
  if (read === undefined) return
  const ids = new Set<string>()
  for (const { record, line } of read.complaints) {
    must(record.id.length <= 128 && line >= 2, 'an id and a line')
    must(record.ts >= EARLIEST_TIME && record.ts <= LATEST_TIME, 'a time that is believed')
    must([...(record.text ?? '')].length <= 2_000, 'a text that fits')
    ids.add(record.id)
  }
  for (const { message, line } of read.refused)
    must(line >= 2 && !message.includes(RECIPIENT), 'a refusal without the number')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const INPUT_TARGETS: readonly Target[] = [
  { name: 'input maps', share: 60, perCharacter: 5, make: makeMapped, run: runMapped },
  {
    name: 'avro values',
    ...{ share: 20, perCharacter: 10 },
    make: (random) => makeBytes(random, AVRO_SAMPLE),
    run: (input) => allowing(isError, () => readAvro(Buffer.from(input, 'latin1'), 0)),
  },
  {
    name: 'protobuf values',
    ...{ share: 20, perCharacter: 10 },
    make: (random) => makeBytes(random, PROTOBUF_SAMPLE),
    run: (input) => allowing(isError, () => readProtobuf(Buffer.from(input, 'latin1'), 0)),
  },
  {
    name: 'times',
    ...{ share: 40, perCharacter: 5 },
    make: (random) => mutatedText(random, random.pick(TIMES)),
    run: runTime,
  },
  {
    name: 'complaints',
    ...{ share: 30, perCharacter: 15 },
    make: (random) => mutatedText(random, CSV),
    run: runComplaints,
  },
]
