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
