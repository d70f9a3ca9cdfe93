/** What PostgreSQL refuses in text and jsonb: the character 0 and halves of surrogate pairs. */
const REFUSED = /\0|\p{Surrogate}/gu
const REFUSED_IN_JSON = /\\u0000|\\ud[89a-f]/

/** A text as PostgreSQL takes it: what it refuses becomes U+FFFD. */
export function storableText(text: string): string {
  return text.replace(REFUSED, '\ufffd')
}

/** The JSON of a row as PostgreSQL takes it, with its texts as `storableText` has them. */
export function storableJson(row: object): string {
  const json = JSON.stringify(row)
  if (!REFUSED_IN_JSON.test(json)) return json
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'string' ? storableText(value) : value))
}
