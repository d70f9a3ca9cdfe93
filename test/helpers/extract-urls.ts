import type { UrlMention } from '../../src/domain/reading.ts'
import { urlsOfPlain } from '../../src/text/links.ts'
import { newDraft, readPlain } from '../../src/text/plain.ts'

const draft = newDraft()

/** The links of a text. */
export function extractUrls(text: string): UrlMention[] {
  readPlain(draft, text)
  return urlsOfPlain(draft, text)
}
