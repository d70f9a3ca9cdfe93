import { setting } from './setting.ts'
import { duration, int, size } from './setting-forms.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** What a record may be, and how much memory reading takes. */
export const LIMIT_SETTINGS = {
  'limits.futureReject': setting(
    duration(0, DAY),
    5 * MINUTE,
    'A `ts` further ahead of the reference clock is a dead letter; one less far ahead is set to the clock.',
  ),
  'limits.partWait': setting(
    duration(100, 10 * MINUTE),
    10_000,
    'How long the parts of one SMS wait for each other before they are scored as they are.',
  ),
  'limits.maxRecordBytes': setting(size(1000, 10_000_000), 1_000_000, 'A larger record is a dead letter.'),
  'limits.headers': setting(int(0, 1_000_000), 1_000, 'A Kafka record with more headers is a dead letter.'),
  'limits.bytesInFlight': setting(
    size(1_000_000, 8_000_000_000),
    400_000_000,
    'Decompressed bytes of Kafka batches that are in memory at a time, over all partitions. A batch that alone unpacks to more than three quarters of it is a dead letter.',
  ),
} as const
