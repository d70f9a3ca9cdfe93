import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, BlockingPlay, post } from '../helpers/blocking-play.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type Service, sigwatch, startCommand } from '../helpers/service.ts'
import { describeWith } from '../helpers/services.ts'

const SILENT_AFTER = 120_000

describeWith('kafka', 'blockers while the brokers are silent for minutes', () => {
  let broker: OwnKafkaBroker
  let play: BlockingPlay
  const blockers: Record<'open' | 'closed', { readonly service: Service; readonly address: string }> =
    {} as never

  beforeAll(async () => {
    broker = await startOwnKafka()
    play = new BlockingPlay(plainClient(broker.brokers))
    await play.create()
    await play.state('raised', {
      ...{ state: 's', episode: Date.now() - 1_000, revision: 1, action: 'block' },
      match: { ports: ['1069s'] },
    })
    for (const failure of ['open', 'closed'] as const) {
      const env = play.environment(broker.brokers, { SIGWATCH_BLOCKER_FAILURE: failure })
      const service = await startCommand(['blocker'], env)
      await service.ready()
      blockers[failure] = { service, address: /decisions are made at (\S+)/.exec(service.stderr)![1]! }
    }
  }, 120_000)
  afterAll(async () => {
    broker?.process.kill('SIGCONT')
    for (const { service } of Object.values(blockers)) await service.kill()
    await broker?.stop()
  })

  const ask = async (failure: 'open' | 'closed', from: string) =>
    (await post(blockers[failure].address, { id: `m${from}`, from, to: '13800005678', text: '您好' }))
      .body as unknown as Answer

  it('fail as they are told after two minutes, and recover by themselves', async () => {
    broker.process.kill('SIGSTOP')
    const began = performance.now()
    const args = ['release', 'a'.repeat(32), '--by', 'ann', '--wait', '3s']
    const ordered = await sigwatch(args, { env: { KAFKA_BROKERS: broker.brokers.join(',') } })
    expect([ordered.code, ordered.stderr]).toEqual([1, expect.stringContaining('KAFKA_UNREACHABLE')])
    expect(performance.now() - began).toBeLessThan(75_000)

    while (performance.now() - began < SILENT_AFTER - 10_000) {
      for (const failure of ['open', 'closed'] as const) {
        expect((await ask(failure, '1069s')).action).toBe('block')
        expect((await ask(failure, '1')).action).toBe('pass')
        expect((await blockers[failure].service.get('/readyz')).status).toBe(200)
      }
      await sleep(1_000)
    }
    for (const failure of ['open', 'closed'] as const)
      await until(async () => {
        await sleep(500)
        return (await blockers[failure].service.get('/readyz')).status === 503
      }, 30_000)
    expect(await ask('open', '1069s')).toMatchObject({ action: 'block', states: ['s'] })
    expect(await ask('open', '1')).toMatchObject({ action: 'pass' })
    expect(await ask('closed', '1')).toMatchObject({ action: 'block', why: ['BROKERS_SILENT'] })

    broker.process.kill('SIGCONT')
    for (const failure of ['open', 'closed'] as const) {
      const { service } = blockers[failure]
      await service.ready(60_000)
      await until(async () => (await ask(failure, '1')).action === 'pass', 10_000)
      expect(service.log.map(({ event }) => event)).toContain('blocking_resumed')
    }
    await until(
      async () => (await play.enforcements()).some(({ messageId }) => messageId === 'm1'),
      60_000,
      () => blockers.closed.service.stderr.slice(-6_000),
    )
  }, 360_000)
})
