/** FNV-1a over UTF-16 code units, 32 bits, without a finaliser: the low bits are weaker than the high ones. */
export function fnv1a(text: string, seed = 0x811c9dc5): number {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h
}

/** The 32-bit finaliser of MurmurHash3, as a signed number. */
export function finalise(bits: number): number {
  let h = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** FNV-1a with the finaliser of MurmurHash3: 32 bits, evenly spread. */
export function hash32(text: string, seed?: number): number {
  return finalise(fnv1a(text, seed)) >>> 0
}

/** Character codes of the base64url alphabet. */
const SIGNS = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', (sign) =>
  sign.charCodeAt(0),
)

/** The upper 6 × `count` bits (`count` at most 5) as base64url characters. */
export function base64url(bits: number, count: 3 | 5): string {
  const [a, b, c] = [SIGNS[bits >>> 26]!, SIGNS[(bits >>> 20) & 63]!, SIGNS[(bits >>> 14) & 63]!]
  if (count === 3) return String.fromCharCode(a, b, c)
  return String.fromCharCode(a, b, c, SIGNS[(bits >>> 8) & 63]!, SIGNS[(bits >>> 2) & 63]!)
}
