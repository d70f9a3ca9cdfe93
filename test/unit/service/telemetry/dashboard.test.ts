import { describe, expect, it } from 'vitest'
import type { MetricSpec } from '../../../../src/service/telemetry/metric-spec.ts'
import { createMetrics, METRICS } from '../../../../src/service/telemetry/metrics.ts'
import { dashboardQueries, type Query, readRules } from '../../../helpers/prometheus.ts'

const rules = readRules()
const recorded = new Map(rules.flatMap((rule) => (rule.record ? [[rule.record, rule.expr] as const] : [])))
const ruleQueries: Query[] = rules.map((rule) => ({
  where: `rule ${rule.record ?? rule.alert}`,
  expr: rule.expr,
}))
const queries = [...dashboardQueries(), ...ruleQueries]

/** Names of series in an expression, without the suffixes of histograms. */
function seriesIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:[a-z_]+:)?(?:sigwatch|process|nodejs)_[a-z0-9_]+(?::[a-z0-9_]+)?/g)].map(
    (m) => m[0],
  )
}

const family = (series: string) => series.replace(/_(?:bucket|sum|count)$/, '')

/** Labels that a series can have: of the table, of the scrape, and for recorded ones those of the name. */
function labelsOf(series: string): string[] {
  const scraped = ['job', 'instance', 'le']
  if (series.includes(':')) return [...scraped, ...series.split(':')[0]!.split('_')]
  const spec: MetricSpec | undefined = METRICS[family(series) as keyof typeof METRICS]
  return [...scraped, ...Object.keys(spec?.labels ?? {})]
}

describe('queries of dashboards and rules', () => {
  const { registry } = createMetrics()

  it.each(queries)('$where asks for metrics that exist', ({ expr }) => {
    const names = seriesIn(expr)
    if (!expr.includes('up{')) expect(names).not.toEqual([])
    for (const name of names) {
      if (name.includes(':')) expect([...recorded.keys()]).toContain(name)
      else {
        const metric = registry.getSingleMetric(name) ?? registry.getSingleMetric(family(name))
        expect(metric, name).toBeDefined()
      }
    }
  })

  it.each(queries)('$where uses labels that exist', ({ expr }) => {
    for (const [, series, matchers] of expr.matchAll(/([a-z0-9_:]+)\{([^}]*)\}/g)) {
      if (series === 'up') continue
      for (const [, label] of matchers!.matchAll(/([a-z_]+)\s*[=!]/g))
        expect(labelsOf(series!), expr).toContain(label)
    }
    const known = seriesIn(expr).flatMap(labelsOf)
    for (const [, list] of expr.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g)) {
      for (const label of list!.split(',')) expect(known, expr).toContain(label.trim())
    }
  })

  it('asks for values of labels that can be', () => {
    for (const { expr } of queries) {
      for (const [, series, matchers] of expr.matchAll(/(sigwatch_[a-z0-9_]+)\{([^}]*)\}/g)) {
        const { labels } = METRICS[family(series!) as keyof typeof METRICS] as MetricSpec
        for (const [, label, value] of matchers!.matchAll(/([a-z_]+)="([^"]*)"/g)) {
          const allowed = labels[label!]
          if (typeof allowed === 'object') expect(allowed, expr).toContain(value)
        }
      }
    }
  })

  it('shows every metric of sigwatch somewhere', () => {
    const shown = new Set(dashboardQueries().flatMap(({ expr }) => seriesIn(expr).map(family)))
    expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual([])
  })

  it('has rules that say who acts, and what it is about', () => {
    for (const { alert, labels, annotations } of rules) {
      if (alert === undefined) continue
      expect(['page', 'ticket'], alert).toContain(labels?.severity)
      expect(annotations?.summary?.length, alert).toBeGreaterThan(10)
      expect(annotations?.description?.length, alert).toBeGreaterThan(10)
    }
  })
})
