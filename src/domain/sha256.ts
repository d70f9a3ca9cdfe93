/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2). */
const K = new Int32Array(64)
/** The same of the square roots of the first eight. */
const START = new Int32Array(8)

for (let n = 0, prime = 2; n < 64; prime++) {
  if (!isPrime(prime)) continue
  if (n < 8) START[n] = fraction(Math.sqrt(prime))
  K[n++] = fraction(Math.cbrt(prime))
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return true
}

function fraction(x: number): number {
  return ((x - Math.floor(x)) * 0x1_0000_0000) | 0
}

const BLOCK = 64
const DIGEST = 32
const words = new Int32Array(64)
/** Input buffer with padding; grows with the longest text. */
let input = Buffer.alloc(4 * BLOCK)

/** Compresses the block in the first 16 words (FIPS 180-4, section 6.2.2). */
function compress(state: Int32Array): void {
  const w = words
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
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
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

function compressBlock(state: Int32Array, block: Buffer, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = block.readInt32BE(at + 4 * i)
  compress(state)
}

/** Longest text that fits in one block with its padding. */
const SHORT = BLOCK - 9

/** Hashes a text and the padding. `before`: bytes hashed so far. */
function finishText(state: Int32Array, text: string, before: number): void {
  if (!isPacked(text)) {
    finish(state, take(text), before)
    return
  }
  words[15] = 8 * (before + text.length)
  compress(state)
}

/** Packs a short ASCII text and the padding into the words; returns false for any other text. */
function isPacked(text: string): boolean {
  const { length } = text
  if (length > SHORT) return false
  words.fill(0, 0, 16)
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return false
    words[i >> 2]! |= unit << (24 - 8 * (i & 3))
  }
  words[length >> 2]! |= 0x80 << (24 - 8 * (length & 3))
  return true
}

/** Hashes the first `length` bytes of `input` and the padding. `before`: bytes hashed so far. */
function finish(state: Int32Array, length: number, before: number): void {
  const end = BLOCK * Math.ceil((length + 9) / BLOCK)
  input.fill(0, length, end)
  input[length] = 0x80
  // Texts are shorter than 2^29 bytes: the bit length fits its low half.
  input.writeUInt32BE(8 * (before + length), end - 4)
  for (let at = 0; at < end; at += BLOCK) compressBlock(state, input, at)
}

/** Copies a text into `input`; returns its bytes. */
function take(text: string): number {
  // At most three bytes per code unit, plus the padding.
  const room = 3 * text.length + 2 * BLOCK
  if (input.length < room) input = Buffer.alloc(2 * room)
  return input.write(text, 0, 'utf8')
}

function write(state: Int32Array, out: Buffer): Buffer {
  for (let i = 0; i < 8; i++) out.writeInt32BE(state[i]!, 4 * i)
  return out
}

const state = new Int32Array(8)
const digest = Buffer.alloc(DIGEST)

/**
 * SHA-256 (FIPS 180-4) of the UTF-8 form of a short text. The returned 32 bytes are overwritten by the next digest: copy them if
 * needed longer. Used for hashes on every message: an object of `node:crypto` costs three times as much, plus garbage collection.
 */
export function sha256(text: string): Buffer {
  state.set(START)
  finishText(state, text, 0)
  return write(state, digest)
}

/** HMAC-SHA-256 (FIPS 198-1) with a precomputed key state. The digest is overwritten as that of `sha256` is. */
export function hmacSha256(key: Buffer): (text: string) => Buffer {
  const [inner, outer] = [padded(key, 0x36), padded(key, 0x5c)]
  return (text) => {
    state.set(inner)
    finishText(state, text, BLOCK)
    words.fill(0, 8, 16)
    words.set(state)
    words[8] = 0x80 << 24
    words[15] = 8 * (BLOCK + DIGEST)
    state.set(outer)
    compress(state)
    return write(state, digest)
  }
}

/** State after hashing the key, padded to a block and XORed with the pad. */
function padded(key: Buffer, pad: number): Int32Array {
  const block = Buffer.alloc(BLOCK)
  const short = key.length > BLOCK ? sha256Of(key) : key
  short.copy(block)
  for (let i = 0; i < BLOCK; i++) block[i]! ^= pad
  const taken = START.slice()
  compressBlock(taken, block, 0)
  return taken
}

function sha256Of(bytes: Buffer): Buffer {
  if (input.length < bytes.length + 2 * BLOCK) input = Buffer.alloc(bytes.length + 2 * BLOCK)
  bytes.copy(input)
  state.set(START)
  finish(state, bytes.length, 0)
  return write(state, Buffer.alloc(DIGEST))
}
