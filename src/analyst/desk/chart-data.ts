// Data of charts, written into the pages by charts.ts and read by browser/charts.ts.

/** A line, or a series of stacked bars, over the steps of a chart. `colour`: a custom property of the stylesheet. */
export interface Series {
  readonly name: string
  readonly kind: 'line' | 'bar'
  readonly colour: string
  readonly isDashed?: boolean
  readonly data: readonly (number | null)[]
}

/** A marked range of steps; equal ends mark a point in time. */
export interface Mark {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** A chart drawn by `browser/charts.ts`. */
export interface ChartData {
  readonly x: readonly string[]
  readonly series: readonly Series[]
  readonly marks: readonly Mark[]
}

export interface GraphNode {
  readonly id: string
  readonly name: string
  /** Index of its category. */
  readonly category: number
  /** How often it occurs. */
  readonly count: number
  /** Path of its page; absent if it has none. */
  readonly href?: string
}

export interface GraphData {
  readonly categories: readonly { readonly name: string; readonly colour: string }[]
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly { readonly source: string; readonly target: string; readonly count: number }[]
}
