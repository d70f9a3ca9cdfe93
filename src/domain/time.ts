const ISO = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/

/** Epoch ms of an ISO-8601 time with offset, or NaN. */
export function parseIsoTime(value: string): number {
  const match = ISO.exec(value)
  if (!match) return Number.NaN
  const days = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate()
  return Number(match[3]) > days ? Number.NaN : Date.parse(value)
}
