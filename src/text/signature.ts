import type { SignatureMention } from '../domain/reading.ts'
import { hasWayOut } from './phrases.ts'
import { newDraft, readPlain } from './plain.ts'
import { CJK, DIGIT, GLYPH, LATIN, OTHER_LETTER, unitClass } from './plain-tables.ts'

const MAX_NAME = 32
/** Longest text after a trailing signature: an opt-out, a link, an end mark. */
const MAX_TAIL = 60
const KEYS = 8192
const FOREIGN_LETTERS = 8

const OPEN = new Map<string, string>([
  ['【', '】'],
  ['[', ']'],
  ['［', '］'],
  ['〔', '〕'],
  ['「', '」'],
  ['『', '』'],
  ['〖', '〗'],
  ['〘', '〙'],
  ['〚', '〛'],
  ['﹝', '﹞'],
  ['｢', '｣'],
  ['⟦', '⟧'],
  ['❲', '❳'],
  ['(', ')'],
  ['（', '）'],
])
const ROUND = '(（)）'
const IGNORED = /^(?:\s|\p{Cf}|\ufe0f)$/u
const isOpen = new Uint8Array(65536)
const isClose = new Uint8Array(65536)
for (const [open, close] of OPEN) {
  isOpen[open.charCodeAt(0)] = 1
  isClose[close.charCodeAt(0)] = 1
}

const draft = newDraft()
const keys = new Map<string, string>()

/**
 * Look-up key of a signature's name: NFKC, lower case, simplified, letters and digits only. Not folded further, unlike the text,
 * so that a look-alike of a name keeps its own key.
 */
export function signatureKey(name: string): string {
  const known = keys.get(name)
  if (known !== undefined) return known
  readPlain(draft, name)
  let key = ''
  for (let i = 0; i < draft.length; i++) {
    const kept =
      (unitClass[draft.units[i] as number] as number) & (CJK | LATIN | DIGIT | OTHER_LETTER | FOREIGN_LETTERS)
    if (kept === 0) continue
    // The plain pass replaces characters unused in ordinary text; here they distinguish two names.
    const glyph = ((draft.marks[i] as number) & GLYPH) !== 0
    key += glyph ? name[draft.offsets[i] as number] : String.fromCharCode(draft.units[i] as number)
  }
  if (keys.size >= KEYS) keys.clear()
  keys.set(name, key)
  return key
}

/** The bracketed signature from `start` to `end` of the text. */
function inBrackets(
  text: string,
  place: 'leading' | 'trailing',
  start: number,
  end: number,
): SignatureMention | undefined {
  const name = text.slice(start + 1, end - 1).trim()
  const key = signatureKey(name)
  if (key === '') return undefined
  const lookalikeBrackets = text[start] !== '【' || text[end - 1] !== '】'
  return { name, key, place, lookalikeBrackets, span: { start, end } }
}

/** Number of code points. */
function points(text: string): number {
  let count = text.length
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--
  }
  return count
}

/** Whether bracketed text can be a name: round and square brackets also hold words, numbers and hints. */
function isName(inner: string, open: string): boolean {
  if (inner.length > 2 * MAX_NAME) return false
  const length = points(inner)
  if (length === 0 || length > MAX_NAME || inner.includes('\n')) return false
  if (open === '【') return true
  if (/[，。！？；：!?;:,]|https?|www\./i.test(inner)) return false
  if (/\d{5}|\*{2}/.test(inner) || hasWayOut(inner.toLowerCase())) return false
  if (!/[\p{L}]{2}/u.test(inner)) return false
  return !ROUND.includes(open) || (length <= 16 && !/\d/.test(inner))
}

/** Index after the bracket that closes the one at `start`, or -1; brackets of different kinds may pair. */
function closing(text: string, start: number): number {
  const open = text[start] as string
  const limit = Math.min(text.length, start + 2 * MAX_NAME + 2)
  for (let i = start + 1; i < limit; i++) {
    const unit = text[i] as string
    if (unit === '\n' || isOpen[text.charCodeAt(i)] === 1) return -1
    if (isClose[text.charCodeAt(i)] === 0) continue
    return ROUND.includes(open) === ROUND.includes(unit) ? i + 1 : -1
  }
  return -1
}

/** Working list, reused between calls; a result is a copy without spare capacity. */
const found: SignatureMention[] = []
const NOTHING = { signatures: [] } as const

/** Appends the signatures at the start of the text, at most two. */
function leading(text: string, signatures: SignatureMention[]): void {
  let at = 0
  for (let count = 0; count < 2; count++) {
    while (
      at < text.length &&
      at < 64 &&
      isOpen[text.charCodeAt(at)] === 0 &&
      IGNORED.test(text[at] as string)
    )
      at++
    const open = text[at]
    if (open === undefined || isOpen[text.charCodeAt(at)] === 0) break
    const end = closing(text, at)
    if (end < 0) break
    if (!isName(text.slice(at + 1, end - 1), open)) break
    const one = inBrackets(text, 'leading', at, end)
    if (one === undefined) break
    signatures.push(one)
    at = end
  }
}

function trailing(text: string): SignatureMention | undefined {
  const floor = Math.max(0, text.length - MAX_TAIL - 2 * MAX_NAME - 2)
  let end = text.length
  // Find the last closing bracket, followed by no more than a tail.
  while (end > 0 && text.length - end <= MAX_TAIL && isClose[text.charCodeAt(end - 1)] === 0) end--
  if (end <= floor || isClose[text.charCodeAt(end - 1)] === 0) return undefined
  let start = end - 2
  while (start >= floor && isOpen[text.charCodeAt(start)] === 0 && isClose[text.charCodeAt(start)] === 0)
    start--
  const open = text[start]
  if (start < 0 || open === undefined || !OPEN.has(open)) return undefined
  if (ROUND.includes(open) !== ROUND.includes(text[end - 1] as string)) return undefined
  const inner = text.slice(start + 1, end - 1)
  const tail = text.slice(end)
  if (!isName(inner, open) || (tail !== '' && !isTail(tail))) return undefined
  if (ROUND.includes(open) && tail.trim() !== '') return undefined
  return inBrackets(text, 'trailing', start, end)
}

function isTail(tail: string): boolean {
  if (/^[\s\p{P}\p{Cf}]*$/u.test(tail)) return true
  const lower = tail.toLowerCase()
  if (hasWayOut(lower)) return true
  return /^[\s\p{P}]*(?:https?:\/\/)?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}[!-~]*\s*$/u.test(lower)
}

/**
 * The effective signature and every signature-like mention. Order of precedence: the one given by the platform; 【】 at the start;
 * 【】 at the end (an opt-out, a link or an end mark may follow); look-alike brackets.
 */
export function extractSignatures(
  text: string,
  field?: string,
): { readonly signature?: SignatureMention; readonly signatures: readonly SignatureMention[] } {
  const signatures = found
  signatures.length = 0
  if (field !== undefined) {
    const name = stripBrackets(field).trim()
    const key = signatureKey(name)
    if (key !== '') signatures.push({ name, key, place: 'field', lookalikeBrackets: false })
  }
  leading(text, signatures)
  const last = trailing(text)
  if (last !== undefined && !signatures.some((s) => s.place === 'leading' && s.key === last.key))
    signatures.push(last)
  // The signature of the record comes first.
  const [first] = signatures
  const signature = first?.place === 'field' ? first : (signatures.find((s) => !s.lookalikeBrackets) ?? first)
  return signature === undefined ? NOTHING : { signature, signatures: signatures.slice() }
}

function stripBrackets(field: string): string {
  const trimmed = field.trim()
  const first = trimmed[0]
  const last = trimmed.at(-1)
  return first !== undefined && last !== undefined && OPEN.get(first) === last
    ? trimmed.slice(1, -1)
    : trimmed
}
