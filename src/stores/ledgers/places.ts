import { hmacSha256, sha256 } from '../../domain/sha256.ts'

export const SHARDS = 64

/** Where a pair is stored: the shard (hash tag), the number of the small hash, and its field there. */
export interface Place {
  readonly shard: number
  readonly slot: number
  /** 96 bits in 16 characters. */
  readonly field: string
}

/** 96 bits of the SHA-256 of a pair: the input of the HMAC, and the field itself in ledgers from before pairs were keyed. */
export function plainField(a: string, b: string): string {
  return sha256(`${a.length}:${a}${b}`).toString('base64', 0, 12)
}

/**
 * Places by HMAC-SHA-256 with the token key, so that phone numbers cannot be guessed from Redis without it. The HMAC
 * covers the plain field and not the pair: older rows can be moved without knowing whose they are.
 */
export function keyedPlaces(key: string, slots: number): (plain: string) => Place {
  const hmac = hmacSha256(Buffer.from(key, 'utf8'))
  return (plain) => {
    const mac = hmac(`ledger:${plain}`)
    const bits = mac.readUInt32BE(12)
    return { shard: bits % SHARDS, slot: bits % slots, field: mac.toString('base64url', 0, 12) }
  }
}
