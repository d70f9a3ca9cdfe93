import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { isSql, type Language, type Query, say } from './spec.ts'

export const PROMETHEUS = { type: 'prometheus', uid: `\${datasource}` } as const satisfies DataSourceRef
export const POSTGRES = {
  type: 'grafana-postgresql-datasource',
  uid: `\${archive}`,
} as const satisfies DataSourceRef

/** A query to PostgreSQL as Grafana keeps it; the SDK has none. */
export interface PostgresQuery extends Dataquery {
  readonly refId: string
  readonly datasource: DataSourceRef
  readonly format: 'table' | 'time_series'
  readonly rawQuery: true
  readonly editorMode: 'code'
  readonly rawSql: string
}

export function dataquery(query: Query, refId: string, language: Language): Dataquery {
  if (isSql(query)) {
    const { sql, as } = query
    const built: Omit<PostgresQuery, '_implementsDataqueryVariant'> = {
      refId,
      datasource: POSTGRES,
      format: as,
      rawQuery: true,
      editorMode: 'code',
      rawSql: sql.trim(),
    }
    return built as PostgresQuery
  }
  const { expr, legend = '', as = 'range' } = query
  const builder = new DataqueryBuilder()
    .refId(refId)
    .datasource(PROMETHEUS)
    .expr(expr)
    .legendFormat(say(legend, language))
  if (as !== 'range') builder.instant()
  if (as === 'table') builder.format(PromQueryFormat.Table)
  return builder.build()
}
