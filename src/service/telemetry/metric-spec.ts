/** The values of a label: a list, or a description if only one value exists at a time or the deployment bounds them. */
type LabelValues = readonly string[] | string

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Labels and their values. Signatures, numbers, domains and message ids are never labels. */
  readonly labels: Readonly<Record<string, LabelValues>>
  readonly buckets?: readonly number[]
  /** Whether series start at 0, so that the first increase of each is visible. */
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
