/** Values that a label can take: a list, or words where only one value stands at a time or the deployment bounds it. */
type LabelValues = readonly string[] | string

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Label names with what they may be: never a signature, number, domain or id of a message. */
  readonly labels: Readonly<Record<string, LabelValues>>
  readonly buckets?: readonly number[]
  /** Series exist from the start, so that the first increase of each is seen. */
  readonly zero?: boolean
}

export const counter = (
  help: string,
  labels: MetricSpec['labels'] = {},
  zero = Object.values(labels).every((values) => typeof values !== 'string'),
) => ({ type: 'counter', help, labels, zero }) as const
export const gauge = (help: string, labels: MetricSpec['labels'] = {}) =>
  ({ type: 'gauge', help, labels }) as const
export const histogram = (help: string, buckets: readonly number[], labels: MetricSpec['labels'] = {}) =>
  ({ type: 'histogram', help, buckets, labels }) as const
