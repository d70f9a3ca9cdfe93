/** Content of a table on a page. */
export interface Table {
  readonly headings: readonly string[]
  readonly rows: readonly (readonly (Html | string | number)[])[]
}

/** HTML that is already escaped. */
export class Html {
  readonly text: string
  /** The tables in it, in order. */
  readonly tables: readonly Table[]

  constructor(text: string, tables: readonly Table[] = []) {
    this.text = text
    this.tables = tables
  }
}

type Value = Html | string | number | null | undefined | false | readonly Value[]

const SIGNS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Template tag that escapes its values unless they are `Html`. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = parts.map((part, i) => (i === 0 ? part : shown(values[i - 1]) + part)).join('')
  return new Html(text, tablesIn(values))
}

function tablesIn(value: Value): readonly Table[] {
  if (value instanceof Html) return value.tables
  return Array.isArray(value) ? value.flatMap(tablesIn) : []
}

function shown(value: Value): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(shown).join('')
  return String(value).replace(/[&<>"']/g, (sign) => SIGNS[sign]!)
}
