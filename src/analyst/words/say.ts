/** A sentence in English and in Chinese, with slots in braces. */
export type Words<W extends string> = Readonly<Record<W, readonly [en: string, zh: string]>>

/** Speaks a word or sentence, with its slots filled. */
export type Say<W extends string> = (word: W, slots?: Readonly<Record<string, string | number>>) => string

/** Speaks the words of a table in one language. */
export function sayer<W extends string>(words: Words<W>, locale: 'en' | 'zh-CN'): Say<W> {
  const index = locale === 'en' ? 0 : 1
  return (word, slots = {}) =>
    words[word][index].replace(/\{(\w+)\}/g, (_, name: string) => String(slots[name] ?? ''))
}
