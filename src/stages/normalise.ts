import type { NormalisedText } from '../domain/message.ts'

const DROPPED = /^[\p{Cf}\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufe00-\ufe0f\u20e3\u034f\u115f\u1160\u3164]$/u

/** Interim per-character form: NFKC, lower case, invisible characters out; see NormalisedText for the shapes. */
export function normalise(text: string): NormalisedText {
  let out = ''
  const offsets: number[] = []
  let at = 0
  for (const ch of text.slice(0, 65535)) {
    const code = ch.codePointAt(0) ?? 0
    let form: string
    if (code < 128) form = code < 32 && code !== 10 ? '' : ch.toLowerCase()
    else if (code >= 0xd800 && code <= 0xdfff) form = '\ufffd'
    else form = DROPPED.test(ch) ? '' : ch.normalize('NFKC').toLowerCase()
    for (let i = 0; i < form.length; i++) offsets.push(at)
    out += form
    at += ch.length
  }
  offsets.push(at)
  return { text: out, offsets: Uint16Array.from(offsets), folded: 0, folds: {} }
}
