import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../../src/adapters/kafka/crc.ts'
import { Random } from '../../../../src/offline/simulator/random.ts'

const clients = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C') as (
  bytes: Buffer,
) => number

describe('crc32c', () => {
  it.each([
    ['32 bytes of zeros', Buffer.alloc(32), 0x8a91_36aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8_ab43],
    ['32 ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd_794e],
    ['nine digits', Buffer.from('123456789'), 0xe306_9283],
    ['nothing', Buffer.alloc(0), 0],
  ])('gives what RFC 3720 and the catalogue of CRCs say of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })

  it('gives what the client gives, whatever the length', () => {
    const random = new Random(1)
    for (let length = 0; length < 300; length++) {
      const bytes = Buffer.from(Array.from({ length }, () => random.int(0, 255)))
      expect(crc32c(bytes), `${length} bytes`).toBe(clients(bytes))
    }
  })
})
