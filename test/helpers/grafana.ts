import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../grafana/dashboards', import.meta.url))

interface Target {
  readonly refId: string
  readonly expr?: string
  readonly rawSql?: string
  readonly format?: string
}

interface Override {
  readonly matcher: { readonly id: string; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

export interface GrafanaPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
  readonly fieldConfig?: {
    readonly defaults: Record<string, unknown>
    readonly overrides: readonly Override[]
  }
}

interface GrafanaVariable {
  readonly name: string
  readonly type: string
  readonly label: string
  readonly datasource?: { readonly type: string }
  readonly query?: unknown
  readonly allValue?: string
}

export interface GrafanaDashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly panels: readonly GrafanaPanel[]
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr?: string; readonly target?: Target }[]
  }
  readonly templating: { readonly list: readonly GrafanaVariable[] }
}

/** Checked-in dashboards of a language, by file name. */
export function readDashboards(language: 'en' | 'zh-CN'): Map<string, GrafanaDashboard> {
  const folder = join(FOLDER, language)
  return new Map(
    readdirSync(folder).map((file) => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(join(folder, file), 'utf8')) as GrafanaDashboard,
    ]),
  )
}

/** A query and its place in a dashboard. */
export interface GrafanaQuery {
  readonly dashboard: string
  readonly where: string
  readonly panel?: GrafanaPanel
  readonly text: string
  readonly format?: string | undefined
}

/** All queries of panels, annotations and variables to one data source. */
export function queriesTo(
  source: 'postgres' | 'prometheus',
  dashboards: ReadonlyMap<string, GrafanaDashboard>,
): GrafanaQuery[] {
  const textOf = (target: Target | undefined) => (source === 'postgres' ? target?.rawSql : target?.expr)
  return [...dashboards].flatMap(([dashboard, { panels, annotations, templating }]) => {
    const found: GrafanaQuery[] = []
    const add = (where: string, target: Target | undefined, panel?: GrafanaPanel) => {
      const text = textOf(target)
      if (text !== undefined)
        found.push({ dashboard, where, text, format: target?.format, ...(panel ? { panel } : {}) })
    }
    for (const panel of panels)
      for (const target of panel.targets ?? []) add(`${panel.title} ${target.refId}`, panel && target, panel)
    for (const one of annotations.list)
      add(
        `annotation ${one.name}`,
        one.target ?? (one.expr === undefined ? undefined : { refId: '', expr: one.expr }),
      )
    for (const { name, query, type, datasource } of templating.list)
      if (type === 'query' && source === 'postgres' && datasource?.type !== 'prometheus')
        add(`variable ${name}`, { refId: '', rawSql: String(query) })
    return found
  })
}

/** Values that Grafana fills in: time range in epoch ms, interval in ms, variables by name. */
export interface GrafanaContext {
  readonly from: number
  readonly to: number
  readonly intervalMs: number
  /** A list: several selected values; `{ raw }`: the value of `All`, which is not quoted. */
  readonly variables: Readonly<Record<string, string | readonly string[] | { readonly raw: string }>>
}

/** SQL as the PostgreSQL data source of Grafana sends it. Throws for a macro or variable that it does not know. */
export function expandSql(sql: string, { from, to, intervalMs, variables }: GrafanaContext): string {
  const [since, until] = [from, to].map((ms) => `'${new Date(ms).toISOString()}'`)
  const group = (column: string) =>
    `floor(extract(epoch from ${column.trim()})/${intervalMs / 1000})*${intervalMs / 1000}`
  const expanded = sql
    .replace(/\$\{(\w+):sqlstring\}/g, (_, name: string) => quoted(variables[name], name))
    .replaceAll('$__interval_ms', String(intervalMs))
    .replaceAll('$__interval', `${intervalMs / 1000}s`)
    .replace(/\$__timeFilter\(([^)]*)\)/g, (_, column: string) => `${column} BETWEEN ${since} AND ${until}`)
    .replace(/\$__timeGroupAlias\(([^,)]*),[^)]*\)/g, (_, column: string) => `${group(column)} AS "time"`)
    .replaceAll('$__timeFrom()', since!)
    .replaceAll('$__timeTo()', until!)
  const left = /\$(__\w+|\{\w+|\w+)/.exec(expanded)
  if (left) throw new Error(`Grafana would not fill in ${left[0]}`)
  return expanded
}

function quoted(value: GrafanaContext['variables'][string] | undefined, name: string): string {
  if (value === undefined) throw new Error(`there is no variable ${name}`)
  if (typeof value === 'object' && 'raw' in value) return value.raw
  return [value]
    .flat()
    .map((one) => `'${String(one).replaceAll("'", "''")}'`)
    .join(',')
}

/** PromQL as Grafana sends it, with all jobs and instances chosen. */
export function expandPromql(
  expr: string,
  { rateInterval, range }: { readonly rateInterval: string; readonly range: string },
): string {
  return expr
    .replaceAll('$job', '.*')
    .replaceAll('$instance', '.*')
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$__range', range)
}
