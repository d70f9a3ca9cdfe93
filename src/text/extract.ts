import { readText } from './read-text.ts'
import type { Sketcher } from './sketch.ts'

/** What of a text a blocking service compares with a `match`. */
export interface Extracted {
  /** Without brackets; empty: there is none. */
  readonly signature: string
  /** `host` and `domain` in lower case ASCII, `shown` as written; at most 10. */
  readonly urls: readonly { readonly host: string; readonly domain: string; readonly shown: string }[]
  /** Digits; at most 10 with the names of the two messengers. */
  readonly phones: readonly string[]
  readonly qq: readonly string[]
  readonly wechat: readonly string[]
  /** The text in the one form in which texts are compared (docs/folding.md). */
  readonly folded: string
  /** `<table>:<64 signed bytes, base64url>`; absent without a table, and for a text that is too short. */
  readonly sketch?: string
}

/**
 * Reads a text as the detectors do. `signature`: of the record, it wins over the one in the text. Needs neither model nor
 * configuration; with `sketcher` there is a sketch. Never throws; linear in the first 65,535 code units, the rest is left out.
 */
export function extract(text: string, signature?: string, sketcher?: Sketcher): Extracted {
  const reading = readText(text, signature)
  const phones: string[] = []
  const others = { qq: [] as string[], wechat: [] as string[] }
  for (const { kind, value } of reading.contacts) {
    if (kind === 'qq' || kind === 'wechat') others[kind].push(value)
    else if (kind !== 'telegram' && kind !== 'line') phones.push(value)
  }
  const sketch = sketcher?.sketch(reading)
  return {
    signature: reading.signature?.name ?? '',
    urls: reading.urls.map(({ host, domain, text: shown }) => ({ host, domain, shown })),
    phones,
    ...others,
    folded: reading.normalised.text,
    ...(sketcher && sketch ? { sketch: `${sketcher.id}:${Buffer.from(sketch).toString('base64url')}` } : {}),
  }
}
