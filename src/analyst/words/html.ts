/** What a table of a page shows. */
export interface Table {
  readonly headings: readonly string[]
  readonly rows: readonly (readonly (Html | string | number)[])[]
}

/** HTML that is safe to be sent. */
export class Html {
  readonly text: string
  /** Tables in it, in the order of the text. */
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

/** A template whose values are escaped unless they are HTML already. */
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
