import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { type Codec, producedBatch } from '../../helpers/record-batches.ts'

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{
  readonly records: readonly { readonly offset: string; readonly value: Buffer }[]
}>

it.each(['none', 'gzip'] as const)('a client reads a batch: %s', async (codec: Codec) => {
  const values = ['a', '', '优惠'.repeat(5_000)].map((text) => Buffer.from(text))
  const records = values.map((value, n) => ({
    ...{ value, timestampDelta: -n },
    headers: [[Buffer.from('h'), null]] as const,
  }))
  for (const varintBytes of [1, 5]) {
    const batch = producedBatch(records, { codec, varintBytes })
    const read = await decodeBatch(new Decoder(batch))
    expect(read.records.map(({ value }) => value)).toEqual(values)
    expect(read.records.map(({ offset }) => offset)).toEqual(['0', '1', '2'])
  }
})
