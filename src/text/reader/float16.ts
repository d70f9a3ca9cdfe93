/**
 * IEEE 754 half precision for weights on disk: Node 20 has no Float16Array. Rounds to nearest, ties to even; overflows to
 * infinity, underflows to a subnormal or zero.
 */
const word = new Float32Array(1)
const bits = new Uint32Array(word.buffer)

function toHalf(value: number): number {
  word[0] = value
  const x = bits[0] as number
  const sign = (x >>> 16) & 0x8000
  const exponent = (x >>> 23) & 0xff
  const mantissa = x & 0x7fffff
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0)
  const e = exponent - 112
  if (e >= 31) return sign | 0x7c00
  if (e <= 0) {
    if (e < -10) return sign
    const full = mantissa | 0x800000
    const shift = 14 - e
    const half = full >>> shift
    const rest = full & ((1 << shift) - 1)
    const middle = 1 << (shift - 1)
    return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0))
  }
  const half = (e << 10) | (mantissa >>> 13)
  const rest = mantissa & 0x1fff
  return sign | (half + (rest > 0x1000 || (rest === 0x1000 && (half & 1) === 1) ? 1 : 0))
}

/** Bits of the 32-bit float equal to a half. */
function fromHalf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >>> 10) & 31
  const mantissa = half & 0x3ff
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13)
  if (mantissa === 0) return sign
  const shift = Math.clz32(mantissa) - 21
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13)
}

let decoded: Uint32Array | undefined

/** Look-up table of all 65,536 halves: a model has millions of weights, and a look-up is faster than converting each. */
function floatsOfHalves(): Uint32Array {
  if (decoded) return decoded
  decoded = new Uint32Array(0x1_0000)
  for (let half = 0; half < decoded.length; half++) decoded[half] = fromHalf(half)
  return decoded
}

export function packHalves(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, toHalf(values[i] as number), true)
  return bytes
}

export function unpackHalves(bytes: Uint8Array): Float32Array {
  const table = floatsOfHalves()
  const unpacked = new Uint32Array(bytes.length / 2)
  for (let i = 0, at = 0; i < unpacked.length; i++, at += 2)
    unpacked[i] = table[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
  return new Float32Array(unpacked.buffer)
}
