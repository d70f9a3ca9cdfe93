/** What a dashboard says, before it becomes the JSON of Grafana in one language. */

export const LANGUAGES = ['en', 'zh-CN'] as const
export type Language = (typeof LANGUAGES)[number]

/** The same in English and in Chinese; a plain string is the same in both. */
export type Words = string | readonly [english: string, chinese: string]

export function say(words: Words, language: Language): string {
  return typeof words === 'string' ? words : words[LANGUAGES.indexOf(language)]!
}

/** Where a click on a value leads. `fields`: columns of the same row. */
export type Link =
  | { readonly to: string; readonly fields: Readonly<Record<string, string>> }
  | { readonly desk: 'case'; readonly field: string }
  | { readonly desk: 'search'; readonly by: string; readonly field: string }

export interface Column {
  readonly name: Words
  readonly unit?: string
  readonly decimals?: number
  readonly links?: readonly Link[]
  readonly hidden?: true
  /** Pixels. */
  readonly width?: number
  readonly bar?: true
}

export interface PromQuery {
  readonly expr: string
  readonly legend?: Words
  readonly as?: 'range' | 'instant' | 'table'
}

export interface SqlQuery {
  readonly sql: string
  /** `time_series`: columns `time`, `metric` and numbers. */
  readonly as: 'table' | 'time_series'
}

export type Query = PromQuery | SqlQuery

export type Threshold = readonly [color: string, from: number | null]

export interface PanelSpec {
  readonly id: number
  readonly kind: 'stat' | 'timeseries' | 'table' | 'barchart'
  readonly title: Words
  readonly says: Words
  /** Columns of the grid, of 24, and rows. */
  readonly size: readonly [w: number, h: number]
  readonly queries: readonly Query[]
  readonly unit?: string
  readonly decimals?: number
  /** Of a table; names of series of a chart that have a word of their own. */
  readonly columns?: Readonly<Record<string, Column>>
  readonly stacked?: true
  readonly bars?: true
  /** The axis need not begin at 0. */
  readonly freeMinimum?: true
  readonly thresholds?: readonly Threshold[]
  /** Of a stat: its value is a word. */
  readonly isWord?: true
  /** Least width of a step of time, as `1m`. */
  readonly interval?: string
  /** Words instead of values. */
  readonly values?: Readonly<Record<string, Words>>
  readonly transformations?: readonly { readonly id: string; readonly options: object }[]
}

export interface Section {
  readonly id: number
  readonly title: Words
  readonly panels: readonly PanelSpec[]
}

export type VariableSpec =
  | {
      readonly kind: 'datasource'
      readonly name: string
      readonly label: Words
      readonly plugin: string
      readonly uid: string
    }
  | {
      readonly kind: 'prometheus'
      readonly name: string
      readonly label: Words
      readonly query: string
    }
  | {
      readonly kind: 'sql'
      readonly name: string
      readonly label: Words
      readonly sql: string
      /** What `All` puts into a query; absent: there is no `All`. */
      readonly all?: string
    }
  | { readonly kind: 'text'; readonly name: string; readonly label: Words; readonly value: string }

export interface AnnotationSpec {
  readonly name: Words
  readonly color: string
  readonly query: Query
  /** Of a query to Prometheus. */
  readonly titleFormat?: string
}

export interface DashboardSpec {
  /** Of the file and, after `sigwatch-`, of the uid. */
  readonly name: string
  readonly title: Words
  readonly says: Words
  readonly from: string
  readonly refresh?: string
  readonly variables: readonly VariableSpec[]
  readonly annotations: readonly AnnotationSpec[]
  readonly sections: readonly Section[]
}

/** A panel before it has its number. */
export type PanelDraft = Omit<PanelSpec, 'id'> & { readonly id?: number }

/** A section whose panels and itself are numbered from `first` on: ids stay when other sections change. */
export function section(
  first: number,
  english: string,
  chinese: string,
  panels: readonly PanelDraft[],
): Section {
  return {
    id: first,
    title: [english, chinese],
    panels: panels.map((panel, i) => ({ ...panel, id: panel.id ?? first + 1 + i })),
  }
}

export const isSql = (query: Query): query is SqlQuery => 'sql' in query
