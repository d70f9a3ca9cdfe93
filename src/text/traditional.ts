import { TRADITIONAL } from './fold-table.generated.ts'

const IS_TRADITIONAL = 1
const IS_SIMPLIFIED = 2
/** Kind of each code unit: a traditional character that has a simplified form, or a simplified form. */
const kinds = new Uint8Array(65_536)
for (const pair of TRADITIONAL.split(/\s+/)) {
  const [traditional, simplified] = [...pair]
  if (traditional?.length !== 1 || simplified?.length !== 1) continue
  kinds[traditional.charCodeAt(0)]! |= IS_TRADITIONAL
  kinds[simplified.charCodeAt(0)]! |= IS_SIMPLIFIED
}

/** A single character may be part of a name or a typing error. */
const FEWEST = 2

/**
 * Whether an original text is written in traditional characters, as in Hong Kong, Macao and Taiwan: at least two characters that
 * have a simplified form, and twice as many as simplified forms (some of which, like `后` and `里`, are traditional characters
 * too). Linear time.
 */
export function isWrittenTraditionally(text: string): boolean {
  let traditional = 0
  let simplified = 0
  for (let i = 0; i < text.length; i++) {
    const kind = kinds[text.charCodeAt(i)]!
    if ((kind & IS_TRADITIONAL) !== 0) traditional++
    else if (kind !== 0) simplified++
  }
  return traditional >= FEWEST && traditional >= 2 * simplified
}
