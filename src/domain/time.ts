/** Lengths of time, ms. */
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** Where a store counts in seconds. */
export const DAY_SECONDS = DAY / SECOND

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/
/** Days that every month has. */
const SHORTEST_MONTH = 28

/** Epoch ms of an ISO-8601 time with offset, or NaN. */
export function parseIsoTime(value: string): number {
  if (!ISO.test(value)) return Number.NaN
  // Date.parse takes 30 February for 2 March.
  const day = Number(value.slice(8, 10))
  if (day > SHORTEST_MONTH && day > daysOfMonth(Number(value.slice(0, 4)), Number(value.slice(5, 7))))
    return Number.NaN
  return Date.parse(value)
}

const ISO_BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/

/**
 * Epoch ms of an ISO-8601 time in the basic format (`20261111T093000+0800`), or NaN; without an offset it is of the zone, in
 * minutes from UTC, or NaN where there is none.
 */
export function parseBasicTime(value: string, zone?: number): number {
  const [, year, month, day, hour, minute, second = '00', fraction, offset] = ISO_BASIC.exec(value) ?? []
  if (year === undefined || (offset === undefined && zone === undefined)) return Number.NaN
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`
  if (offset === undefined) return parseIsoTime(`${time}Z`) - zone! * MINUTE
  return parseIsoTime(`${time}${offset.length === 3 ? `${offset}:00` : offset}`)
}

function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** First and last event time that is believed, epoch ms: what lies outside was given in another unit or by a broken clock. */
export const EARLIEST_TIME = Date.UTC(2000, 0, 1)
export const LATEST_TIME = Date.UTC(2100, 0, 1) - 1

/**
 * Epoch ms of an ISO-8601 time with offset or of epoch milliseconds in digits, up to LATEST_TIME; else NaN. What a
 * command line takes.
 */
export function parseMoment(value: string): number {
  const ms = /^\d+$/.test(value) ? Number(value) : parseIsoTime(value)
  return ms <= LATEST_TIME ? ms : Number.NaN
}

/** The finest grain of event time: what is counted and judged together, ms. */
export const BUCKET_MS = 10_000

/** End of the bucket of an event time, epoch ms. */
export function bucketEnd(ts: number): number {
  return Math.floor(ts / BUCKET_MS) * BUCKET_MS + BUCKET_MS
}

/** Offset of the clock in China from UTC, minutes: what pages and sheets show where no calendar names another zone. */
export const BEIJING = 8 * 60

/** A time (epoch ms) on the clock of a zone (minutes from UTC), `2026-11-11 10:00:00`. */
export function clockTime(ms: number, zone = BEIJING): string {
  return new Date(ms + zone * MINUTE).toISOString().slice(0, 19).replace('T', ' ')
}

/** What lies between two clocks that are both right, and what a message takes on its way, ms. */
const NO_LAG = MINUTE

/**
 * How far an event time lies behind the timestamp that its record has in Kafka, ms: whole minutes, rounded up, so that it is
 * the same whichever of several messages it is taken from; 0 below one, and beyond `most`, where it is no slow gateway.
 */
export function lagBehind(receivedAt: number, eventTime: number, most: number): number {
  const lag = receivedAt - eventTime
  return lag < NO_LAG || lag > most ? 0 : Math.ceil(lag / NO_LAG) * NO_LAG
}
