import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { POSTGRES, PROMETHEUS } from './queries.ts'
import { type Language, say, type VariableSpec } from './spec.ts'

export const DATASOURCE: VariableSpec = {
  kind: 'datasource',
  name: 'datasource',
  label: ['Metrics', '指标数据源'],
  plugin: 'prometheus',
  uid: 'prometheus',
}

export const ARCHIVE: VariableSpec = {
  kind: 'datasource',
  name: 'archive',
  label: ['Archive', '档案库'],
  plugin: 'grafana-postgresql-datasource',
  uid: 'sigwatch-archive',
}

export const DESK: VariableSpec = {
  kind: 'text',
  name: 'desk',
  label: ['Address of the desk', '工作台地址'],
  value: 'http://127.0.0.1:9465',
}

export const JOB: VariableSpec = {
  kind: 'prometheus',
  name: 'job',
  label: ['Deployment (job)', '部署（job）'],
  query: 'label_values(sigwatch_build_info, job)',
}

export const INSTANCE: VariableSpec = {
  kind: 'prometheus',
  name: 'instance',
  label: ['Instance', '实例'],
  query: 'label_values(sigwatch_build_info{job=~"$job"}, instance)',
}

const ALL = { text: ['All'], value: ['$__all'] }

export function buildVariable(spec: VariableSpec, language: Language): VariableModel {
  const label = say(spec.label, language)
  switch (spec.kind) {
    case 'datasource':
      return new DatasourceVariableBuilder(spec.name)
        .label(label)
        .type(spec.plugin)
        .current({ text: spec.uid, value: spec.uid })
        .build()
    case 'text':
      return new TextBoxVariableBuilder(spec.name)
        .label(label)
        .defaultValue(spec.value)
        .current({ text: spec.value, value: spec.value })
        .build()
    case 'prometheus':
      return new QueryVariableBuilder(spec.name)
        .label(label)
        .datasource(PROMETHEUS)
        .query({ query: spec.query, refId: spec.name })
        .definition(spec.query)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current(ALL)
        .build()
    case 'sql':
      return sqlVariable(spec, label)
  }
}

function sqlVariable({ name, sql, all }: VariableSpec & { kind: 'sql' }, label: string): VariableModel {
  const builder = new QueryVariableBuilder(name)
    .label(label)
    .datasource(POSTGRES)
    .query(sql.trim())
    .definition(sql.trim())
    .refresh(VariableRefresh.OnTimeRangeChanged)
  return all === undefined
    ? builder.build()
    : builder.includeAll(true).allValue(all).current({ text: 'All', value: '$__all' }).build()
}
