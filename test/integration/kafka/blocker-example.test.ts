import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../helpers/free-port.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { ensureBuilt } from '../../helpers/service.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'

const ROOT = join(import.meta.dirname, '../../..')
const MINUTE = 60_000
const iso = (ms: number) => new Date(ms).toISOString()

interface Row {
  readonly state: string
  readonly episode: number
  readonly revision: number
  readonly action: string
}

/** The example in a process of its own, on the topics of a deployment that the test plays. */
describeWith('kafka', 'the reference blocking service', () => {
  const kafka = useKafka()
  const names = {
    blocks: uniqueName('blocks'),
    alerts: uniqueName('alerts'),
    enforcements: uniqueName('enf'),
  }
  const running: ChildProcess[] = []
  let client: ReturnType<typeof plainClient>
  let http = ''

  beforeAll(async () => {
    // It reads texts with the extractor of the build.
    ensureBuilt()
    client = plainClient(kafka.brokers)
    await client.createTopic({ config: { 'cleanup.policy': 'compact' } }, names.blocks)
    await client.createTopic({ partitions: 3 }, names.alerts)
    await client.createTopic({}, names.enforcements)
  })
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL')
  })

  async function start(): Promise<ChildProcess> {
    const port = await freePort()
    http = `http://127.0.0.1:${port}`
    const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'examples/blocker/src/main.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        KAFKA_BROKERS: kafka.brokers.join(','),
        TOKEN_KEY: '1:a-key-of-the-tests-that-is-longer-than-thirty-two-bytes',
        BLOCKS_TOPIC: names.blocks,
        ALERTS_TOPIC: names.alerts,
        ENFORCEMENTS_TOPIC: names.enforcements,
        PORT: String(port),
      },
    })
    running.push(child)
    await until(async () => {
      await sleep(50)
      return fetch(`${http}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      )
    }, 60_000)
    return child
  }
  async function kill(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL')
    await once(child, 'close')
  }

  /** An event of a state as sigwatch writes it: to both topics. */
  async function write(type: 'raised' | 'updated' | 'cleared', row: Row, port: string, valid = 15 * MINUTE) {
    const { state, episode, revision, action } = row
    const common = {
      match: { ports: [port] },
      action,
      validFrom: iso(episode),
      expiresAt: iso(Date.now() + valid),
    }
    const block = { ...row, ...common, code: 'FORGED_BRAND', alertId: `${state}-${revision}` }
    await client.produce(names.blocks, [type === 'cleared' ? null : JSON.stringify(block)], { keys: [state] })
    const data = {
      ...common,
      mode: 'enforce',
      target: { kind: 'port', id: port },
      state: { id: state, episode, revision },
    }
    await client.produce(names.alerts, [JSON.stringify({ type: `sigwatch.alert.${type}`, data })], {
      keys: [`port:${port}`],
    })
  }
  const table = async () => (await (await fetch(`${http}/table`)).json()) as unknown[][]
  const settled = async (rows: readonly Row[]) => {
    const expected = rows
      .map(({ state, episode, revision, action }) => [state, episode, revision, action])
      .sort(([a], [b]) => (a! < b! ? -1 : 1))
    let seen: unknown[][] = []
    await until(
      async () => {
        seen = await table()
        return JSON.stringify(seen) === JSON.stringify(expected)
      },
      20_000,
      () => `${JSON.stringify(seen)} is not ${JSON.stringify(expected)}`,
    )
  }
  const decide = async (id: string, from: string) => {
    const response = await fetch(`${http}/decide`, { method: 'POST', body: JSON.stringify({ id, from }) })
    return (await response.json()) as { action: string; deliver: boolean; stateId?: string }
  }

  it('holds the same table after every kill, decides by it, and writes back what it kept', async () => {
    const episode = Date.now() - MINUTE
    const row = (state: string, revision: number, action = 'block'): Row => ({
      state,
      episode,
      revision,
      action,
    })
    await write('raised', row('a', 1), '106900001')
    await write('raised', row('b', 1, 'review'), '106900002')
    await write('raised', row('gone', 1), '106900009', -MINUTE)
    let child = await start()
    await settled([row('a', 1), row('b', 1, 'review')])
    expect(await decide('m1', '106900001')).toEqual({ action: 'block', deliver: false, stateId: 'a' })
    expect(await decide('m2', '106900002')).toMatchObject({ action: 'review', deliver: true })
    // What is past its time is a record, not an order.
    expect(await decide('m3', '106900009')).toEqual({ action: 'pass', deliver: true })
    await until(async () => (await client.readAll(names.enforcements)).length === 1)

    await kill(child)
    await write('updated', row('b', 2), '106900002')
    await write('cleared', row('a', 2), '106900001')
    child = await start()
    await settled([row('b', 2)])
    expect(await decide('m4', '106900001')).toEqual({ action: 'pass', deliver: true })

    // Events that come twice and late, and a kill in the middle of many.
    const states = Array.from({ length: 40 }, (_, i) => row(`s${i}`, 1))
    for (const one of states.slice(0, 20)) await write('raised', one, `1069100${one.state}`)
    await kill(child)
    for (const one of states.slice(20)) await write('raised', one, `1069100${one.state}`)
    await write('cleared', row('s3', 2), '1069100s3')
    await write('raised', row('s4', 1), '1069100s4')
    child = await start()
    await settled([row('b', 2), ...states.filter(({ state }) => state !== 's3')])
    expect(await decide('m5', '106900002')).toMatchObject({ action: 'block', stateId: 'b' })
    await until(async () => (await client.readAll(names.enforcements)).length === 2)
    const kept = (await client.readAll(names.enforcements)).map(({ key, value }) => [
      key,
      JSON.parse(value!.toString()),
    ])
    expect(kept).toMatchObject([
      ['m1', { messageId: 'm1', stateId: 'a', action: 'block', by: 'blocker' }],
      ['m5', { messageId: 'm5', stateId: 'b', action: 'block', by: 'blocker' }],
    ])

    const metrics = await (await fetch(`${http}/metrics`)).text()
    expect(metrics).toMatch(/^blocker_open_states 40$/m)
    expect(metrics).toMatch(/^blocker_decisions_total\{action="block",delivered="false"\} 1$/m)
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    expect((await closed)[0]).toBe(0)
  })
})
