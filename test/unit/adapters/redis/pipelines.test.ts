import { Cluster } from 'ioredis'
import { expect, it } from 'vitest'
import { sendCalls } from '../../../../src/adapters/redis/pipelines.ts'

const CALL = { script: { name: 's', source: 'return 1', sha: '0'.repeat(40) }, keys: ['k'], args: [] }

it('a call that the client of a Cluster gives no reply for has failed, and no other', async () => {
  const replies = new Array<[null, unknown] | undefined>(3)
  replies[1] = [null, 'reply']
  const line = { evalsha: () => {}, exec: async () => replies }
  const client = Object.assign(Object.create(Cluster.prototype), { pipeline: () => line }) as Cluster
  const heard: [number, string | undefined, unknown][] = []
  await sendCalls(
    client,
    [CALL, CALL, CALL, CALL],
    [0, 1, 3],
    (call, error, reply) => heard.push([call, error?.message, reply]),
    { tooLate: () => false, again: () => {} },
  )
  expect(heard).toEqual([
    [0, 'no reply', undefined],
    [1, undefined, 'reply'],
    [3, 'no reply', undefined],
  ])
})
