import { expect, it } from 'vitest'
import type { RedisLink } from '../../../../src/adapters/redis/link.ts'
import { SKETCH_SIZE } from '../../../../src/domain/sketch.ts'
import { RedisNoticeStore } from '../../../../src/stores/notices/redis.ts'

const SKETCH = Buffer.alloc(SKETCH_SIZE, 1).toString('base64')
const NOTICE = { sketch: SKETCH, table: 't@1', hosts: ['jd.com'], numbers: [], carries: [], port: '10690001' }

it('leaves out what another version wrote in a form that this one cannot read', async () => {
  const kept = {
    mine: `1 ${JSON.stringify(NOTICE)}`,
    cut: `2 ${JSON.stringify(NOTICE).slice(0, 40)}`,
    other: '3 {"v":2,"vector":[1,2,3]}',
    unlisted: `4 ${JSON.stringify({ ...NOTICE, hosts: 'jd.com' })}`,
    short: `5 ${JSON.stringify({ ...NOTICE, sketch: 'AQ==' })}`,
    none: '6 null',
  }
  const link = { run: async () => [[6, ['jd', '6']]], command: async () => kept } as unknown as RedisLink
  const { brands } = await new RedisNoticeStore({ link, prefix: 'd:c:t' }).changes(undefined)
  expect(brands.map(({ notices }) => notices.map(({ id }) => id))).toEqual([['mine']])
})
