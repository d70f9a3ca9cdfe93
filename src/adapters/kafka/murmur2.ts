const SEED = 0x9747b28c | 0
const M = 0x5bd1e995
let bytes = Buffer.alloc(1024)

/** The hash by which the default partitioner of Kafka clients places keys, as a signed 32-bit integer. */
export function murmur2(key: Buffer | string): number {
  let length = key.length
  let data: Buffer
  if (typeof key === 'string') {
    if (bytes.length < 3 * length) bytes = Buffer.alloc(6 * length)
    length = bytes.write(key, 'utf8')
    data = bytes
  } else data = key
  let h = SEED ^ length
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    const word = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24)
    let k = Math.imul(word, M)
    k = Math.imul(k ^ (k >>> 24), M)
    h = Math.imul(h, M) ^ k
  }
  const rest = length & 3
  if (rest > 2) h ^= data[whole + 2]! << 16
  if (rest > 1) h ^= data[whole + 1]! << 8
  if (rest > 0) h = Math.imul(h ^ data[whole]!, M)
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}
