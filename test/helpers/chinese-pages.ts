import { CODE_NAMES } from '../../src/domain/codes.ts'

/** Latin words in the evidence of the samples: hosts. */
export const LATIN_OF_SAMPLES = /\b(?:(?:[a-z0-9-]+\.)+(?:com|top|net|site))\b/g

/** Names that are not translated. */
const NAMES = /\b(?:sigwatch|UTC|CSV|SP\d*)\b/g

/** Text of a page for readers and screen readers: of elements, and of attributes that are read out. */
export function readOf(page: string): string[] {
  const body = page.replace(/<style>[\s\S]*?<\/style>/g, '')
  const attributes = [...body.matchAll(/\s(?:aria-label|placeholder|title|alt)="([^"]*)"/g)].map(
    ([, said]) => said!,
  )
  return [...body.replace(/<[^>]*>/g, '\n').split('\n'), ...attributes].filter((said) => said.trim() !== '')
}

/** Latin words of a page, except codes, names and those in `ofRecords`. */
export function latinWordsOf(page: string, ofRecords: readonly string[]): string[] {
  const codes = new RegExp(`\\b(?:${CODE_NAMES.join('|')})\\b`, 'g')
  return readOf(page).flatMap((said) => {
    let rest = said
    for (const own of [...ofRecords].sort((a, b) => b.length - a.length)) rest = rest.replaceAll(own, '')
    rest = rest.replace(codes, '').replace(NAMES, '').replace(LATIN_OF_SAMPLES, '')
    return /[a-z]{2}/i.test(rest) ? [said.trim()] : []
  })
}
