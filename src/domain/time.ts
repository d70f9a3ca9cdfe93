const ISO = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/

/** Epoch ms of an ISO-8601 time with offset, or NaN. */
export function parseIsoTime(value: string): number {
  const match = ISO.exec(value)
  if (!match) return Number.NaN
  const days = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate()
  return Number(match[3]) > days ? Number.NaN : Date.parse(value)
}

/** Epoch ms of an ISO-8601 time with offset or of epoch milliseconds in digits, or NaN: what a command line takes. */
export function parseMoment(value: string): number {
  return /^\d+$/.test(value) ? Number(value) : parseIsoTime(value)
}

/** The finest grain of event time: what is counted and judged together, ms. */
export const BUCKET_MS = 10_000

/** End of the bucket of an event time, epoch ms. */
export function bucketEnd(ts: number): number {
  return Math.floor(ts / BUCKET_MS) * BUCKET_MS + BUCKET_MS
}
