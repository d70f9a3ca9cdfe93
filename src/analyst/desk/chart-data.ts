// What charts are drawn from: written into the pages by charts.ts, read by browser/charts.ts.

/** A line or a stack of bars over the steps of a chart; `colour`: a custom property of the stylesheet. */
export interface Series {
  readonly name: string
  readonly kind: 'line' | 'bar'
  readonly colour: string
  readonly isDashed?: boolean
  readonly data: readonly (number | null)[]
}

/** A time that is marked, from a step to another one; both the same: a moment. */
export interface Mark {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** What `browser/charts.ts` draws of figures with it. */
export interface ChartData {
  readonly x: readonly string[]
  readonly series: readonly Series[]
  readonly marks: readonly Mark[]
}

export interface GraphNode {
  readonly id: string
  readonly name: string
  /** Index of its kind. */
  readonly category: number
  /** How often it is named. */
  readonly count: number
  /** Where its page is; absent: it has none. */
  readonly href?: string
}

export interface GraphData {
  readonly categories: readonly { readonly name: string; readonly colour: string }[]
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly { readonly source: string; readonly target: string; readonly count: number }[]
}
