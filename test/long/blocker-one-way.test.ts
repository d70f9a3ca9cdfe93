import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, BlockingPlay, type PlayedState, post } from '../helpers/blocking-play.ts'
import { FaultProxy } from '../helpers/fault-proxy.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type Service, startCommand } from '../helpers/service.ts'
import { describeWith } from '../helpers/services.ts'

const SILENT = 15_000

describeWith('kafka', 'sigwatch blocker on a network that loses one direction', () => {
  let broker: OwnKafkaBroker
  let proxy: FaultProxy
  let play: BlockingPlay
  let service: Service
  let address = ''

  beforeAll(async () => {
    const shown = await freePort()
    let [outer, inner] = ['', '']
    broker = await startOwnKafka({
      settings: (port, controller, own) => {
        ;[outer, inner] = [`127.0.0.1:${port}`, `127.0.0.1:${own}`]
        return [
          `listeners=PLAINTEXT://${outer},INNER://${inner},CONTROLLER://127.0.0.1:${controller}`,
          `advertised.listeners=PLAINTEXT://127.0.0.1:${shown},INNER://${inner}`,
          'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
          'inter.broker.listener.name=INNER',
        ]
      },
    })
    proxy = await FaultProxy.start(shown, Number(outer.split(':')[1]))
    play = new BlockingPlay(plainClient([inner]))
    await play.create()
    service = await startCommand(['blocker'], play.environment([`127.0.0.1:${shown}`]))
    await service.ready()
    address = /decisions are made at (\S+)/.exec(service.stderr)![1]!
  }, 120_000)
  afterAll(async () => {
    await service?.kill()
    await proxy?.stop()
    await broker?.stop()
  })

  const ask = async (id: string, from: string) =>
    ((await post(address, { id, from, to: '13800005678', text: '您好' })).body as unknown as Answer).action
  const becomes = (from: string, action: string) =>
    until(
      async () => {
        await sleep(50)
        return (await ask('probe', from)) === action
      },
      60_000,
      () => `${from} does not become ${action}\n${service.stderr.slice(-3_000)}`,
    )
  const state = (name: string): PlayedState => ({
    ...{ state: name, episode: Date.now() - 1_000, revision: 1, action: 'block' },
    match: { ports: [`1069${name}`] },
  })

  it.each(['requests', 'answers'] as const)(
    'goes on without %s, and catches up',
    async (lost) => {
      await play.state('raised', state(`long${lost}`))
      const expires = Date.now() + 6_000
      await play.state('raised', state(`short${lost}`), 6_000)
      for (const name of ['long', 'short']) await becomes(`1069${name}${lost}`, 'block')
      proxy.set({ kind: 'one-way', lost })
      // What is raised meanwhile comes when the network is whole.
      await play.state('raised', state(`new${lost}`))
      const began = performance.now()
      let asked = 0
      while (performance.now() - began < SILENT) {
        expect(await ask(`${lost}-${++asked}`, `1069long${lost}`)).toBe('block')
        if (Math.abs(Date.now() - expires) > 1_000)
          expect(await ask('short', `1069short${lost}`)).toBe(Date.now() < expires ? 'block' : 'pass')
        await sleep(200)
      }
      expect((await service.get('/readyz')).body).toMatch(/no broker has answered for 1\d s/)
      proxy.set({ kind: 'none' })
      await becomes(`1069new${lost}`, 'block')
      await until(
        async () => {
          const kept = new Set((await play.enforcements()).map(({ messageId }) => messageId))
          return Array.from({ length: asked }, (_, i) => `${lost}-${i + 1}`).every((id) => kept.has(id))
        },
        60_000,
        () => service.stderr.slice(-3_000),
      )
      // The silence is that of the topic that waits longest.
      const isHeard = async () => !(await service.get('/readyz')).body.includes('no broker has answered')
      await until(isHeard, 30_000)
    },
    180_000,
  )
})
