import { createHash, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { keyedPlaces, plainField, SHARDS } from '../../../../src/stores/ledgers/places.ts'

const KEY = 'a-key-of-the-tests-that-is-longer-than-thirty-two-bytes'
const PAIRS = [
  ['京东', '8613800000000'],
  ['a', ''],
  ['', '8613800000001'],
  ['x'.repeat(300), '+44 20'],
] as const

it('keeps pairs where earlier versions have put them', () => {
  const slots = 1 << 19
  const place = keyedPlaces(KEY, slots)
  for (const [signature, to] of PAIRS) {
    const plain = plainField(signature, to)
    const hash = createHash('sha256').update(`${signature.length}:${signature}${to}`).digest()
    expect(plain).toBe(hash.toString('base64', 0, 12))
    // 128 bits in 22 characters, of which 16 are the field and the others say where it lies.
    const mac = createHmac('sha256', KEY).update(`ledger:${plain}`).digest().toString('base64url', 0, 16)
    const bits = Buffer.from(`${mac.slice(16)}AA`, 'base64url').readUInt32BE(0)
    expect(place(plain)).toEqual({ shard: bits % SHARDS, slot: bits % slots, field: mac.slice(0, 16) })
  }
})
