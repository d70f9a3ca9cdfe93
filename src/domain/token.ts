import { createHash, createHmac } from 'node:crypto'

export interface TokenKey {
  /** Names the key in every token, so that keys can be changed. */
  readonly keyId: string
  /** Its UTF-8 bytes are the HMAC key. */
  readonly key: string
}

/** Turns a recipient in canonical form into `<keyId>.<base64url of the first 16 bytes of HMAC-SHA-256>`. */
export type Tokenise = (canonical: string) => string

const BLOCK = 64
/** Longest message that fits one block with its padding. */
const ONE_BLOCK = 55
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * HMAC runs for every message, and `createHmac` spends most of its time on set-up. A number fits one block, so
 * with the states behind both key pads kept, a token costs two compressions. Longer or non-ASCII recipients take
 * the plain road.
 */
export function createTokeniser({ keyId, key }: TokenKey): Tokenise {
  const keyBytes = Buffer.from(key, 'utf8')
  const padded = Buffer.alloc(BLOCK)
  // HMAC replaces a key longer than a block by its digest.
  const short = keyBytes.length > BLOCK ? createHash('sha256').update(keyBytes).digest() : keyBytes
  short.copy(padded)
  const inner = stateAfterPad(padded, 0x36)
  const outer = stateAfterPad(padded, 0x5c)
  const words = new Int32Array(64)
  const state = new Int32Array(8)
  const prefix = `${keyId}.`

  return (canonical) => {
    const n = canonical.length
    if (n > ONE_BLOCK) return prefix + slowToken(keyBytes, canonical)
    words.fill(0, 0, 16)
    for (let i = 0; i < n; i++) {
      const c = canonical.charCodeAt(i)
      if (c > 0x7f) return prefix + slowToken(keyBytes, canonical)
      words[i >> 2]! |= c << (24 - (i & 3) * 8)
    }
    words[n >> 2]! |= 0x80 << (24 - (n & 3) * 8)
    words[15] = (BLOCK + n) * 8
    state.set(inner)
    compress(state, words)

    words.set(state)
    words[8] = 0x80000000 | 0
    words.fill(0, 9, 15)
    words[15] = (BLOCK + 32) * 8
    state.set(outer)
    compress(state, words)
    return prefix + base64url128(state)
  }
}

function slowToken(key: Buffer, canonical: string): string {
  return createHmac('sha256', key).update(canonical, 'utf8').digest().toString('base64url', 0, 16)
}

function stateAfterPad(key: Buffer, pad: number): Int32Array {
  const state = Int32Array.from(INITIAL)
  const words = new Int32Array(64)
  const fill = (pad << 24) | (pad << 16) | (pad << 8) | pad
  for (let i = 0; i < 16; i++) words[i] = key.readInt32BE(i * 4) ^ fill
  compress(state, words)
  return state
}

function base64url128(state: Int32Array): string {
  let out = ''
  for (let bit = 0; bit < 126; bit += 6) {
    const word = bit >> 5
    const shift = 26 - (bit & 31)
    const six =
      shift >= 0 ? state[word]! >>> shift : (state[word]! << -shift) | (state[word + 1]! >>> (32 + shift))
    out += ALPHABET[six & 63]
  }
  return out + ALPHABET[(state[3]! << 4) & 63]
}

const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const

/** Round constants of FIPS 180-4: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND = Int32Array.from([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
])

/** SHA-256 compression (FIPS 180-4, 6.2.2): `w[0..15]` is the block; the rest of `w` is scratch. */
function compress(state: Int32Array, w: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!
    const y = w[i - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = (state[0]! + a) | 0
  state[1] = (state[1]! + b) | 0
  state[2] = (state[2]! + c) | 0
  state[3] = (state[3]! + d) | 0
  state[4] = (state[4]! + e) | 0
  state[5] = (state[5]! + f) | 0
  state[6] = (state[6]! + g) | 0
  state[7] = (state[7]! + h) | 0
}
