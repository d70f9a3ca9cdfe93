/** A share of `judged` cases with its 95% interval. */
export interface Interval {
  readonly share: number
  readonly low: number
  readonly high: number
}

/** Quantile of the normal distribution for a two-sided 95% interval. */
const Z = 1.959963984540054

/** Wilson score interval: stays within 0 and 1 and is valid for few cases. Undefined without any. */
export function wilson(right: number, judged: number): Interval | undefined {
  if (judged === 0) return undefined
  const share = right / judged
  const z2 = Z * Z
  const centre = (share + z2 / (2 * judged)) / (1 + z2 / judged)
  const half =
    (Z / (1 + z2 / judged)) * Math.sqrt((share * (1 - share)) / judged + z2 / (4 * judged * judged))
  return { share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}
