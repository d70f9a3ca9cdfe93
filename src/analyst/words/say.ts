/** Sentences in English and Chinese, with slots in braces. */
export type Words<W extends string> = Readonly<Record<W, readonly [en: string, zh: string]>>

/** Returns a sentence with its slots filled. */
export type Say<W extends string> = (word: W, slots?: Readonly<Record<string, string | number>>) => string

/** Creates a `Say` for one language. */
export function sayer<W extends string>(words: Words<W>, locale: 'en' | 'zh-CN'): Say<W> {
  const index = locale === 'en' ? 0 : 1
  return (word, slots = {}) =>
    words[word][index].replace(/\{(\w+)\}/g, (_, name: string) => String(slots[name] ?? ''))
}
