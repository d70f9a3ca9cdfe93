/** How each kind of panel looks: what it draws, its unit, its height and how its queries are read. */
import { type StandardColumn, standardColumn } from './columns.ts'
import { type Column, isSql, type PanelDraft, type PanelSpec, type Query, type Words } from './spec.ts'

type Text = readonly [title: string, says: string]
/** A column of its own, or its name alone. */
type NamedColumns = Readonly<Record<string, Column | Words>>

type Options = Pick<
  PanelSpec,
  'decimals' | 'freeMinimum' | 'interval' | 'thresholds' | 'transformations' | 'values'
>

/** What a panel shows, in English and in Chinese, and the queries for it. */
export interface Content extends Options {
  readonly en: Text
  readonly zh: Text
  /** A string is a query to the archive. */
  readonly query: string | Query | readonly Query[]
  /** Columns of a table, or names of series: standard ones by the name that the query gives them. */
  readonly columns?: NamedColumns | readonly (StandardColumn | NamedColumns)[]
  /** Of a panel that is not numbered by its place in the section. */
  readonly id?: number
}

/** Columns of the grid, of 24; or these and rows. */
type Size = number | readonly [w: number, h: number]
type Preset = (size: Size, content: Content) => PanelDraft
type Look = Pick<PanelSpec, 'kind' | 'unit' | 'stacked' | 'bars' | 'isWord'>

function preset(look: Look, height: number): Preset {
  return (size, { en, zh, query, columns = {}, ...options }) => {
    const queries = (Array.isArray(query) ? query : [query]).map((one) => read(one, look.kind))
    return {
      ...look,
      ...(look.kind === 'timeseries' && queries.some(isSql) && { interval: '1m' }),
      ...options,
      title: [en[0], zh[0]],
      says: [en[1], zh[1]],
      size: typeof size === 'number' ? [size, height] : size,
      columns: Object.fromEntries([columns].flat().flatMap(columnsOf)),
      queries,
    }
  }
}

function read(query: string | Query, kind: PanelSpec['kind']): Query {
  if (typeof query === 'string') return { sql: query, as: kind === 'timeseries' ? 'time_series' : 'table' }
  return kind === 'stat' && !isSql(query) ? { ...query, as: 'instant' } : query
}

function columnsOf(given: StandardColumn | NamedColumns): (readonly [string, Column])[] {
  if (typeof given === 'string') return [[given, standardColumn(given)]]
  return Object.entries(given).map(([field, column]) => [field, isColumn(column) ? column : { name: column }])
}

const isColumn = (column: Column | Words): column is Column => typeof column === 'object' && 'name' in column

const UNITS = {
  count: 'short',
  share: 'percentunit',
  seconds: 's',
  perSecond: 'ops',
  messagesPerSecond: 'mps',
  perMinute: 'cpm',
  bytes: 'bytes',
  bytesPerSecond: 'Bps',
  plain: undefined,
} as const

/** The same look with each unit. */
function presets(look: Look, height: number): Readonly<Record<keyof typeof UNITS, Preset>> {
  const each = Object.entries(UNITS).map(([name, unit]) => [
    name,
    preset(unit ? { ...look, unit } : look, height),
  ])
  return Object.fromEntries(each)
}

/** The last value, in large figures. */
export const stat = presets({ kind: 'stat' }, 4)
export const wordStat = preset({ kind: 'stat', isWord: true }, 4)
/** Lines over time; from the archive in steps of a minute or more. */
export const chart = presets({ kind: 'timeseries' }, 8)
/** Areas over time that add up. */
export const stacked = presets({ kind: 'timeseries', stacked: true }, 8)
/** What was counted in each step of time, in bars that add up. */
export const bars = preset({ kind: 'timeseries', unit: UNITS.count, stacked: true, bars: true }, 8)
export const table = preset({ kind: 'table' }, 9)
/** Shares side by side, a group of bars a row. */
export const distribution = preset({ kind: 'barchart', unit: UNITS.share }, 9)

/** Thresholds: no judgement. */
export const NEUTRAL = [['blue', null]] as const
/** Thresholds: red from a value on, and yellow where there is a value for it. */
export const redFrom = (red: number, yellow?: number) =>
  [['green', null], ...(yellow === undefined ? [] : [['yellow', yellow] as const]), ['red', red]] as const
