/** Characters that PostgreSQL refuses in text and jsonb: NUL and lone surrogates. */
const REFUSED = /\0|\p{Surrogate}/gu
const REFUSED_IN_JSON = /\\u0000|\\ud[89a-f]/

/** Replaces characters that PostgreSQL refuses by U+FFFD. */
export function storableText(text: string): string {
  return text.replace(REFUSED, '\ufffd')
}

/** The JSON of a row, with its texts passed through `storableText`. */
export function storableJson(row: object): string {
  const json = JSON.stringify(row)
  if (!REFUSED_IN_JSON.test(json)) return json
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'string' ? storableText(value) : value))
}
