import { hostOf } from './alert-hosts.ts'

/** `field:value` or a word. A value with spaces is in quotes, in which two quotes stand for one. */
const TERM = /[A-Za-z]+[:：](?:"(?:[^"]|"")*"|[^\s"]\S*)|"(?:[^"]|"")*"|[^\s"]+/g

export interface SearchTerm {
  /** As it was written. */
  readonly written: string
  /** The field; empty for a word. */
  readonly name: string
  readonly value: string
}

/**
 * The terms of a search. Input methods write colons wide and first letters large: a known field is recognised so too. A link
 * stands for its domain.
 */
export function termsIn(query: string, isKnown: (name: string) => boolean): SearchTerm[] {
  return (query.match(TERM) ?? []).map((written) => {
    if (/^https?:\/\/[^/]/i.test(written)) return { written, name: 'domain', value: hostOf(written) }
    const [, field = '', colon, rest = ''] = /^([A-Za-z]+)([:：])([\s\S]*)$/.exec(written) ?? []
    const name = field.toLowerCase()
    const isField = isKnown(name) || (field === name && colon === ':')
    return { written, name: isField ? name : '', value: unquoted(isField ? rest : written) }
  })
}

/** Converts a value of a field as people write it to that of alerts. */
export type StoredValue = (field: string, written: string) => string

/** The search with a term added, or without it if it has it already. */
export function toggled(
  query: string,
  name: string,
  value: string,
  storedValue: StoredValue,
): { readonly query: string; readonly had: boolean } {
  const terms = termsIn(query, (field) => field === name)
  const isIt = (term: SearchTerm) =>
    term.name === name &&
    !isPattern(term.value) &&
    storedValue(name, literalOf(term.value)).toLowerCase() === value.toLowerCase()
  const others = terms.filter((term) => !isIt(term)).map(({ written }) => written)
  const had = others.length < terms.length
  const literal = value.replaceAll('*', '\\*')
  const quoted = /[\s"]/.test(literal) ? `"${literal.replaceAll('"', '""')}"` : literal
  return { query: (had ? others : [...others, `${name}:${quoted}`]).join(' '), had }
}

/** Whether a value has an asterisk that matches anything; one behind a backslash is itself. */
export function isPattern(value: string): boolean {
  return /(?<!\\)\*/.test(value)
}

/** A value with its asterisks as they are. */
export function literalOf(value: string): string {
  return value.replaceAll('\\*', '*')
}

/** The same as a pattern of LIKE. */
export function likeOf(value: string): string {
  return value.replace(/\\\*|[\\%_*]/g, (sign) => (sign === '*' ? '%' : sign === '\\*' ? '*' : `\\${sign}`))
}

function unquoted(value: string): string {
  return /^"[\s\S]*"$/.test(value) ? value.slice(1, -1).replaceAll('""', '"') : value
}

/** A signature without the brackets around it; others are part of it. */
export function withoutBrackets(signature: string): string {
  return signature.replace(/^【([^【】]*)】?$|^([^【】]*)】$/, '$1$2')
}
