import { expect, it } from 'vitest'
import { embedded, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { recipient } from './fixtures/registry.ts'

const folder = useFolder()

const registry = {
  signatures: [{ name: '京东', brand: 'jd', ports: ['1069012345*'], scope: ['notice', 'marketing'] }],
}
const GENUINE = '【京东】您订购的花鸟市场盆栽已由园艺中心打包完毕，明早随冷链车发往贵处，请备好花架迎接'
const COPY = '【京东】您订购的花鸟市场盆栽已由园艺中心装箱完毕，明早随冷链车运往贵处，请备好花架等候'

const sms = (id: string, minute: number, from: string, text: string): Sms => ({
  id,
  ts: NOON + minute * MINUTE,
  from,
  to: recipient(Number(id.slice(1))),
  text,
})

it('learns the notices of a brand from its own port, and tells copies that lead elsewhere', async () => {
  const genuine = [1, 2, 3].map((n) => sms(`g${n}`, 0, '10690123450', `${GENUINE}，查询 hua.jd.com/${n}`))
  const { verdicts, alertOf } = await embedded(folder.path, {
    registry,
    messages: [
      sms('c10', -5, '10680000001', `${COPY}，查询 hua-song.net/a`),
      ...genuine,
      sms('c11', 5, '10680000001', `${COPY}，查询 hua-song.net/a`),
      sms('c12', 5, '13800138000', `${COPY}，咨询13800138777`),
      sms('n13', 5, '10680000001', `${COPY}，查询 hua.jd.com/9`),
      sms('n14', 5, '13800138001', `刚收到“${COPY.slice(4)}”，是你订的吗`),
    ],
  })
  const twinOf = (id: string) =>
    alertOf(id)?.data.reasons.find(({ code }) => code === 'FORGED_BRAND')?.evidence.twin as
      | { readonly similarity: number; readonly found: readonly string[] }
      | undefined
  expect(twinOf('c10')).toBeUndefined()
  expect(twinOf('c11')).toMatchObject({ brand: 'jd', found: ['hua-song.net'] })
  expect(twinOf('c11')!.similarity).toBeGreaterThan(0.75)
  expect(verdicts.get('c11')!.action).toBe('block')
  expect(verdicts.get('c12')!.action).toBe('block')
  for (const id of ['g1', 'g2', 'g3', 'n14']) expect(verdicts.get(id)!.action, id).toBe('pass')
  expect(verdicts.get('n13')!.action).not.toBe('block')
})
