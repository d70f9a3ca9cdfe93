import type { RawRecord, SmsRecord } from '../../src/domain/message.ts'
import type { Entry } from './fake-brokers.ts'

/** A log in which some offsets are missing, as after compaction, or belong to control records of transactions. */
export function makeLog(random: () => number, records: number): Entry[] {
  const log: Entry[] = []
  for (let offset = 0; log.length < records; offset++) {
    if (random() < 0.01) offset += Math.floor(random() * 5)
    const marks = random() < 0.005 ? 1 + Math.floor(random() * 70) : 0
    for (let n = 0; n < marks; n++) log.push({ offset: offset++, mark: true })
    log.push({ offset, mark: false })
  }
  return log
}

/** Every 50th record is the first of two parts; the other follows 30 records later, or never. */
function partOf(offset: number) {
  const ref = Math.floor(offset / 50)
  if (offset % 50 === 10) return { ref: String(ref), index: 1, count: 2 }
  if (offset % 50 === 40 && ref % 7 > 0) return { ref: String(ref), index: 2, count: 2 }
  return undefined
}

export function decode({ position: { partition, offset }, timestamp, value }: RawRecord): SmsRecord {
  const part = partOf(offset)
  return {
    value,
    id: `${partition}/${offset}`,
    ts: timestamp,
    from: '10690000',
    to: '13800000000',
    text: 'a',
    blocked: false,
    ...(part === undefined ? {} : { part }),
  }
}
