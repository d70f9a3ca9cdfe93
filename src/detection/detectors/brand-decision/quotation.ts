import type { Span, TextReading } from '../../../domain/reading.ts'

/** Text in a pair of quotation marks. */
const QUOTATION = /“[^“”]*”|"[^"]*"|「[^「」]*」|『[^『』]*』/gu
/** A Chinese character, or a word or number of another script. */
const WORD = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu

/** Words of a quotation from which it is a sentence, not a name or a password. */
const MIN_QUOTED = 8
/** Words outside the quotations from which a text is about them. */
const MIN_OUTSIDE = 6

/**
 * Whether a text is about another message that it quotes: its links, numbers, handles and signatures are all within quotation
 * marks, and it has words of its own outside them.
 */
export function quotesMessage({
  text,
  urls,
  contacts,
  signatures,
}: Pick<TextReading, 'urls' | 'contacts' | 'signatures'> & { readonly text: string }): boolean {
  const quoted: Span[] = []
  for (const { 0: quotation, index } of text.matchAll(QUOTATION))
    if (wordsOf(quotation) >= MIN_QUOTED) quoted.push({ start: index, end: index + quotation.length })
  if (quoted.length === 0) return false
  const isQuoted = (span: Span | undefined) =>
    span !== undefined && quoted.some(({ start, end }) => start <= span.start && span.end <= end)
  if (![...urls, ...contacts, ...signatures].every(({ span }) => isQuoted(span))) return false
  let outside = wordsOf(text)
  for (const { start, end } of quoted) outside -= wordsOf(text.slice(start, end))
  return outside >= MIN_OUTSIDE
}

function wordsOf(text: string): number {
  return text.match(WORD)?.length ?? 0
}
