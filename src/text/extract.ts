import { readText } from './read-text.ts'
import type { Sketcher } from './sketch.ts'

/** The parts of a text that a blocking service compares with a `match`. */
export interface Extracted {
  /** Without brackets; empty if there is none. */
  readonly signature: string
  /** `host` and `domain` in lower case ASCII, `shown` as written; at most 10. */
  readonly urls: readonly { readonly host: string; readonly domain: string; readonly shown: string }[]
  /** Digits only; at most 10 together with the ids of the two messengers. */
  readonly phones: readonly string[]
  readonly qq: readonly string[]
  readonly wechat: readonly string[]
  /** The folded text used for comparison (docs/folding.md). */
  readonly folded: string
  /** `<table>:<64 signed bytes, base64url>`; absent without a table or if the text is too short. */
  readonly sketch?: string
}

/**
 * Reads a text as the detectors do. `signature`: from the record; takes precedence over one in the text. Needs neither model nor
 * configuration; with `sketcher` the result has a sketch. Never throws; linear in the first 65,535 code units, the rest is
 * ignored.
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
