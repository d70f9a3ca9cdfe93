import { describe, expect, it } from 'vitest'
import { Random } from '../../src/offline/simulator/random.ts'
import { FAMILIES, fill } from '../../src/offline/simulator/texts.ts'
import { embedded, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { recipient } from './fixtures/registry.ts'

/** Texts that the model is not sure of, or takes for notices. */
const UNSURE = [
  '新款到店，欢迎光临',
  '本店已迁至{place}，老顾客可凭本短信领取小礼品',
  '您的会员积分已到账，可到店兑换',
]

describe('862 messages in a quarter of an hour from signatures that were never seen', () => {
  const folder = useFolder()

  it('are raised within two minutes, wherever and however they come; who was there before is not', async () => {
    const random = new Random(6)
    let sequence = 0
    const message = (ts: number, from: string, text: string): Sms => {
      sequence++
      return { id: `m${sequence}`, ts: Math.floor(ts), from, to: recipient(50_000 + sequence), text }
    }
    const course = (
      name: string,
      {
        from,
        minutes,
        count,
        ports = ['10690300001'],
        unsure = 0,
      }: Readonly<{
        from: number
        minutes: number
        count: number
        ports?: readonly string[]
        unsure?: number
      }>,
    ): Sms[] =>
      Array.from({ length: count }, (_, i) => {
        const ts = NOON + (from + ((i + random.next()) * minutes) / count) * MINUTE
        const texts = random.chance(unsure) ? UNSURE : FAMILIES.localMarketing.texts
        return message(ts, random.pick(ports), `【${name}】${fill(random.pick(texts), random, ts)}`)
      })
    const burst = { minutes: 15, count: 862 }
    const ports = ['10690310001', '10690310002', '10690320001', '10690330007', '10690340002']
    const bursts = {
      晴川优选: { from: 4, ...burst },
      乐途小铺: { from: 20, ...burst, ports },
      青禾好物: { from: 29.5, ...burst, ports: ['10690350001'], unsure: 0.25 },
      云栖生活馆: { from: 58.8, ...burst, ports: ['10690360001', '10690370001'] },
    }
    const messages = [
      ...course('老街超市', { from: 0, minutes: 75, count: 75 * 70, ports: ['10690380001'] }),
      ...course('和平影院', { from: 0.3, minutes: 75, count: 75 * 8, ports: ['10690390001'] }),
      ...Object.entries(bursts).flatMap(([name, options]) => course(name, options)),
    ].sort((a, b) => Number(a.ts) - Number(b.ts))
    const { states } = await embedded(folder.path, { messages })
    const raised = states('MARKETING_BURST').filter(({ type }) => type === 'sigwatch.alert.raised')
    expect(raised.map(({ data }) => data.target.id).sort()).toEqual(Object.keys(bursts).sort())
    for (const { data, time } of raised) {
      const { from } = bursts[data.target.id as keyof typeof bursts]
      expect(Date.parse(time) - NOON - from * MINUTE, data.target.id).toBeLessThanOrEqual(2 * MINUTE)
      expect(data.action).toBe('review')
    }
  }, 180_000)
})
