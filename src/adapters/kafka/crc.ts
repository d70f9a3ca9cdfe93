const SLICES = 8

/** 256 entries for each of eight slices: the checksum of a byte followed by `slice` more bytes. `polynomial` is reversed. */
function tableOf(polynomial: number): Int32Array {
  const table = new Int32Array(256 * SLICES)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    table[byte] = crc
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256]!
    table[at] = table[before & 0xff]! ^ (before >>> 8)
  }
  return table
}

/** The polynomials of Castagnoli (RFC 3720, appendix B.4) and of Ethernet (IEEE 802.3). */
const CASTAGNOLI = tableOf(0x82f6_3b78)
const ETHERNET = tableOf(0xedb8_8320)

/** CRC-32C, unsigned. `before` is the checksum of the preceding bytes. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  return checksum(CASTAGNOLI, bytes, before)
}

/** CRC-32, unsigned, as in zlib. */
export function crc32(bytes: Uint8Array): number {
  return checksum(ETHERNET, bytes, 0)
}

/**
 * Processes eight bytes per step (Kounavis and Berry, "A systematic approach to building high performance
 * software-based CRC generators", 2005).
 */
function checksum(t: Int32Array, bytes: Uint8Array, before: number): number {
  let crc = ~before
  let at = 0
  for (const end = bytes.length - (bytes.length % SLICES); at < end; at += SLICES) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      t[1792 + (crc & 0xff)]! ^
      t[1536 + ((crc >>> 8) & 0xff)]! ^
      t[1280 + ((crc >>> 16) & 0xff)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!
  }
  for (; at < bytes.length; at++) crc = t[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
