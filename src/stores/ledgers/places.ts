import { hmacSha256, sha256 } from '../../domain/sha256.ts'

export const SHARDS = 64

/** Where a pair lies: the hash tag, which small hash, and its field there. */
export interface Place {
  readonly shard: number
  readonly slot: number
  /** 16 characters for 96 bits. */
  readonly field: string
}

/** 96 bits of the SHA-256 of a pair: what its field was before pairs were keyed, and what the key is applied to. */
export function plainField(a: string, b: string): string {
  return sha256(`${a.length}:${a}${b}`).toString('base64', 0, 12)
}

/**
 * Places by HMAC-SHA-256 with the token key, so that a reader of Redis without it cannot try numbers. The HMAC is over
 * the plain field and not over the pair: rows that were written before can be moved without knowing whose they are.
 */
export function keyedPlaces(key: string, slots: number): (plain: string) => Place {
  const hmac = hmacSha256(Buffer.from(key, 'utf8'))
  return (plain) => {
    const mac = hmac(`ledger:${plain}`)
    const bits = mac.readUInt32BE(12)
    return { shard: bits % SHARDS, slot: bits % slots, field: mac.toString('base64url', 0, 12) }
  }
}
