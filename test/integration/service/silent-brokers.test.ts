import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, BlockingPlay, type PlayedState, post } from '../../helpers/blocking-play.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Service, startCommand } from '../../helpers/service.ts'
import { describeWith } from '../../helpers/services.ts'

/** The broker is stopped for so long, ms. */
const SILENT = Number(process.env.SIGWATCH_TEST_SILENCE ?? 12_000)

describeWith('kafka', 'sigwatch blocker while the brokers are silent', () => {
  let broker: OwnKafkaBroker
  let play: BlockingPlay
  let service: Service
  let address = ''

  beforeAll(async () => {
    broker = await startOwnKafka()
    play = new BlockingPlay(plainClient(broker.brokers))
    await play.create()
    service = await startCommand(['blocker'], play.environment(broker.brokers))
    await service.ready()
    address = /decisions are made at (\S+)/.exec(service.stderr)![1]!
  }, 60_000)
  afterAll(async () => {
    broker?.process.kill('SIGCONT')
    await service?.kill()
    await broker?.stop()
  })

  const ask = async (id: string, from: string) => {
    const began = performance.now()
    const { action } = (await post(address, { id, from, to: '13800005678', text: '您好' }))
      .body as unknown as Answer
    return { action, took: performance.now() - began }
  }
  const becomes = (from: string, action: string, within = 10_000) =>
    until(
      async () => {
        await sleep(50)
        return (await ask('probe', from)).action === action
      },
      within,
      () => `${from} does not become ${action}\n${service.stderr.slice(-2_000)}`,
    )
  const state = (name: string): PlayedState => ({
    ...{ state: name, episode: Date.now() - 1_000, revision: 1, action: 'block' },
    match: { ports: [`1069${name}`] },
  })

  it('answers by its table, ends what expires, tells for how long, and catches up', async () => {
    await play.state('raised', state('long'))
    const expires = Date.now() + 6_000
    await play.state('raised', state('short'), 6_000)
    for (const name of ['long', 'short']) await becomes(`1069${name}`, 'block')

    broker.process.kill('SIGSTOP')
    const began = performance.now()
    let slowest = 0
    let asked = 0
    while (performance.now() - began < SILENT) {
      const [long, short] = [await ask(`long-${++asked}`, '1069long'), await ask(`s-${asked}`, '1069short')]
      slowest = Math.max(slowest, long.took, short.took)
      expect(long.action).toBe('block')
      // The clock of the brokers goes on by itself.
      if (Math.abs(Date.now() - expires) > 1_000)
        expect(short.action).toBe(Date.now() < expires ? 'block' : 'pass')
      await sleep(100)
    }
    expect(slowest).toBeLessThan(1_000)
    const ready = await service.get('/readyz')
    expect(ready.status).toBe(200)
    const [, seconds] = /no broker has answered for (\d+) s/.exec(ready.body) ?? []
    expect(Number(seconds), ready.body).toBeGreaterThan(SILENT / 1_000 - 4)
    expect(await service.metric('sigwatch_blocker_silence_seconds')).toBeGreaterThan(SILENT / 1_000 - 4)

    broker.process.kill('SIGCONT')
    await play.state('raised', state('after'))
    await becomes('1069after', 'block', 20_000)
    await until(async () => !(await service.get('/readyz')).body.includes('no broker'), 10_000)
    // What it kept back meanwhile is written.
    await until(async () => {
      const kept = new Set((await play.enforcements()).map(({ messageId }) => messageId))
      return Array.from({ length: asked }, (_, i) => `long-${i + 1}`).every((id) => kept.has(id))
    }, 30_000)
    expect(await service.metric('sigwatch_blocker_undecided_total')).toBe(0)
  }, 180_000)
})
