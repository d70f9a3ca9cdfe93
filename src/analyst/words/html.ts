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
  readonly #plain: () => string

  constructor(text: string, tables: readonly Table[] = [], plain = () => text) {
    this.text = text
    this.tables = tables
    this.#plain = plain
  }

  /** What it reads as: its values without the tags around them. */
  get plain(): string {
    return this.#plain()
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
  return new Html(text, tablesIn(values), () => plainOf(parts, values))
}

/** A value within a tag is an attribute, and is left out. */
function plainOf(parts: readonly string[], values: readonly Value[]): string {
  let [plain, tag, isInTag] = ['', '', false]
  parts.forEach((part, i) => {
    if (i > 0 && !isInTag) plain += readAs(values[i - 1])
    for (const sign of part.replaceAll('&amp;', '&'))
      if (sign === '<') [tag, isInTag] = ['', true]
      else if (!isInTag) plain += sign
      else if (sign !== '>') tag += sign
      else {
        if (tag === 'br') plain += ' '
        isInTag = false
      }
  })
  return plain
}

function readAs(value: Value): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.plain
  return typeof value === 'object' ? value.map(readAs).join('') : String(value)
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
