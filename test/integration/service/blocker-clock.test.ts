import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, BlockingPlay, post } from '../../helpers/blocking-play.ts'
import { freePort } from '../../helpers/free-port.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { type Service, startCommand } from '../../helpers/service.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { ShiftedClock } from '../../helpers/shifted-clock.ts'

const MINUTE = 60_000

describeWith(['kafka', 'redis', 'shiftedClock'], 'sigwatch blocker on a host with a wrong clock', () => {
  const kafka = useKafka()
  let play: BlockingPlay
  let redis: RedisServer
  let service: Service | undefined
  let clock: ShiftedClock | undefined

  beforeAll(async () => {
    redis = await startOwnRedis()
    play = new BlockingPlay(plainClient(kafka.brokers))
    await play.create()
    const state = { action: 'block', match: { ports: ['1069b'] } }
    await play.state('raised', { state: 'b', episode: Date.now() - MINUTE, revision: 1, ...state })
    await play.message(['told'])
  })
  afterAll(async () => {
    await service?.kill()
    clock?.remove()
    await redis.stop()
  })

  for (const [what, minutes] of [
    ['fast', 20],
    ['slow', -20],
  ] as const)
    it(`blocks from its first answer on where no record comes, ${what}`, async () => {
      clock = new ShiftedClock(minutes * MINUTE)
      const env = play.environment(kafka.brokers, { REDIS_URL: redis.url, ...clock.env })
      service = await startCommand(['blocker'], env)
      await service.ready()
      const address = /decisions are made at (\S+)/.exec(service.stderr)![1]!
      for (const [id, from] of [
        ['m', '1069b'],
        ['told', '1'],
      ] as const) {
        const { body } = await post(address, { id, from, to: '13800005678', text: '【京东】您好' })
        expect((body as Answer).action, id).toBe('block')
      }
      const { notes } = JSON.parse((await service.get('/readyz')).body) as { readonly notes: string[] }
      const apart = minutes > 0 ? 'ahead of' : 'behind'
      expect(notes.join()).toMatch(
        new RegExp(`the clock of this host is (1200|1199|1201) s ${apart} that of the servers`),
      )
      const [skewed] = service.log.filter(({ event }) => event === 'clock_skewed')
      expect(skewed).toMatchObject({ level: 'warn', reference: 'redis' })
      expect(await service.stop()).toBe(0)
      clock.remove()
      clock = undefined
    })

  it('says that only the host tells the time, and goes by the first record, where Redis is away', async () => {
    clock = new ShiftedClock(20 * MINUTE)
    const away = { REDIS_URL: `redis://127.0.0.1:${await freePort()}`, ...clock.env }
    service = await startCommand(['blocker'], play.environment(kafka.brokers, away))
    await service.ready()
    const address = /decisions are made at (\S+)/.exec(service.stderr)![1]!
    const ask = async (from: string) => {
      const { body } = await post(address, { id: `${from}-x`, from, to: '13800005678', text: '【京东】您好' })
      return (body as Answer).action
    }
    const notes = async () => (await service!.get('/readyz')).body
    expect(await notes()).toContain('has confirmed the time since the start')
    const asked = { action: 'block', match: { ports: ['1069c'] } }
    await play.state('raised', { state: 'c', episode: Date.now() - MINUTE, revision: 1, ...asked }, 5_000)
    await until(async () => (await ask('1069c')) === 'block', 4_000)
    expect(await ask('1069b')).toBe('block')
    expect(await notes()).toContain('1200 s ahead of that of the servers')
    expect(await notes()).not.toContain('no server')
    await until(async () => (await ask('1069c')) === 'pass', 10_000)
    expect(await ask('1069b')).toBe('block')
    expect(await service.stop()).toBe(0)
  })
})
