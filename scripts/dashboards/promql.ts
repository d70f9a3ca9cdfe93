/** Queries to Prometheus. A metric may have matchers of its own: `sigwatch_alerts_total{mode="enforce"}`. */
import type { PromQuery, Words } from './spec.ts'

/** The series of the chosen deployments and instances. */
export function chosen(metric: string): string {
  const [name, matchers] = metric.split(/[{}]/)
  return `${name}{job=~"$job", instance=~"$instance"${matchers ? `, ${matchers}` : ''}}`
}

/** `by`: labels, as `topic, partition`; they are the legend where there is none. */
function aggregated(how: string, values: string, by?: string, legend?: Words): PromQuery {
  const labels = by?.split(', ').map((label) => `{{${label}}}`)
  const name = legend ?? labels?.join(' ')
  const expr = by ? `${how} by (${by}) (${values})` : `${how}(${values})`
  return name === undefined ? { expr } : { expr, legend: name }
}

type Aggregate = (metric: string, by?: string, legend?: Words) => PromQuery

const aggregate =
  (how: 'sum' | 'max' | 'min', values: (series: string) => string = (series) => series): Aggregate =>
  (metric, by, legend) =>
    aggregated(how, values(chosen(metric)), by, legend)

const followed = (query: PromQuery, after: string): PromQuery => ({ ...query, expr: `${query.expr}${after}` })

export const sum = aggregate('sum')
export const max = aggregate('max')
export const min = aggregate('min')
/** Of a counter, a second. */
export const rate = aggregate('sum', (series) => `rate(${series}[$__rate_interval])`)
/** Of a counter, a minute. */
export const perMinute: Aggregate = (...of) => followed(rate(...of), ' * 60')
/** Of a counter, in the last hour. */
export const inAnHour = aggregate('sum', (series) => `increase(${series}[1h])`)
/** Of a counter, in the last five minutes. */
export const inFiveMinutes = aggregate('sum', (series) => `increase(${series}[5m])`)
/** Of a counter, in the time of the dashboard. */
export const inTheTime = aggregate('sum', (series) => `increase(${series}[$__range])`)
/** Each series as it is. */
export const each = (metric: string, legend: Words): PromQuery => ({ expr: chosen(metric), legend })

/** Without the series that are 0. */
export const present = (query: PromQuery): PromQuery => followed(query, ' > 0')
/** Nothing where the whole is 0. */
export const ratio = (part: PromQuery, whole: PromQuery): PromQuery =>
  followed(part, ` / (${whole.expr} > 0)`)

/** Of a histogram, as `0.99`. */
export function quantile(q: number, metric: string, by?: string, legend?: Words): PromQuery {
  const buckets = `rate(${chosen(metric.replace(/(?={|$)/, '_bucket'))}[$__rate_interval])`
  const { expr } = aggregated('sum', buckets, by ? `${by}, le` : 'le')
  const name = legend ?? (by && `{{${by}}}`)
  return { expr: `histogram_quantile(${q}, ${expr})`, ...(name !== undefined && { legend: name }) }
}

/** Median and 99th percentile of a histogram. */
export const quantiles = (metric: string): PromQuery[] => [
  quantile(0.5, metric, undefined, 'p50'),
  quantile(0.99, metric, undefined, 'p99'),
]
