import { TRADITIONAL } from './fold-table.generated.ts'

const TRADITIONAL_SIGNS = new Set<string>()
const SIMPLIFIED_SIGNS = new Set<string>()
for (const pair of TRADITIONAL.split(/\s+/)) {
  const [traditional, simplified] = [...pair]
  if (traditional === undefined || simplified === undefined) continue
  TRADITIONAL_SIGNS.add(traditional)
  SIMPLIFIED_SIGNS.add(simplified)
}

/** A single sign may be a name or a slip. */
const FEWEST = 2

/**
 * Whether a text as it was sent is written in traditional characters, as in Hong Kong, Macao and Taiwan: at least two signs
 * that have a simplified form, and twice as many as simplified forms (some of which, like `后` and `里`, are traditional
 * signs as well). Takes linear time.
 */
export function isWrittenTraditionally(text: string): boolean {
  let traditional = 0
  let simplified = 0
  for (const sign of text) {
    if (TRADITIONAL_SIGNS.has(sign)) traditional++
    else if (SIMPLIFIED_SIGNS.has(sign)) simplified++
  }
  return traditional >= FEWEST && traditional >= 2 * simplified
}
