import { afterAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import { recipient } from '../../behaviour/fixtures/registry.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { startOwnRedis } from '../../helpers/redis-server.ts'
import { type Environment, type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

describeWith(['kafka', 'redis'], 'feedback on the topic', () => {
  const kafka = useKafka()
  const ends: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const end of ends) await end()
  })

  it('a false positive by the command holds over a restart and on another instance', async () => {
    const client = plainClient(kafka.brokers)
    const redis = await startOwnRedis()
    ends.push(redis.stop)
    const at = await createServiceTopics(client, kafka.brokers, { side: ['feedback'] })
    const env: Environment = { ...at.env, REDIS_URL: redis.url, SIGWATCH_REDIS_BUDGET: '5s' }
    const start = async (): Promise<Service> => {
      const service = await startService(env)
      ends.unshift(() => service.kill())
      return service.ready()
    }
    let sent = 0
    const send = async (host: string, count: number) => {
      const records = Array.from({ length: count }, () => ({
        id: `r${sent}`,
        ts: Date.now(),
        from: '1068110001',
        to: recipient(20_000 + sent++),
        text: `【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://${host}/a 填写收款信息，逾期作废。`,
      }))
      await client.produce(
        at.topics.messages,
        records.map((record) => JSON.stringify(record)),
      )
      return records.map(({ id }) => id)
    }
    const read = async <T>(topic: string) =>
      (await client.readAll(topic)).map(({ value }) => JSON.parse(value!.toString()) as T)
    const stateOf = async (target: string, type: string) =>
      (await read<Alert>(at.topics.alerts)).find(
        (a) =>
          a.subject === `domain:${target}` &&
          a.type === `sigwatch.alert.${type}` &&
          a.data.reasons[0]!.code === 'FORGED_BRAND',
      )
    const askedFor = async (ids: readonly string[]) => {
      // A member that was killed keeps its partition until its session ends.
      await until(async () => {
        const judged = await read<Verdict>(at.topics.verdicts)
        return ids.every((id) => judged.some((verdict) => verdict.id === id))
      }, 90_000)
      const alerts = await read<Alert>(at.topics.alerts)
      return ids.filter((id) =>
        alerts.some(
          ({ subject, data }) =>
            subject === `message:${id}` &&
            data.reasons.some(({ code, action }) => code === 'FORGED_BRAND' && action !== 'none'),
        ),
      )
    }

    const first = await start()
    await send('tuikuan-kf88.top', 4)
    await until(async () => (await stateOf('tuikuan-kf88.top', 'raised')) !== undefined)
    const { id } = (await stateOf('tuikuan-kf88.top', 'raised'))!.data.state!
    const said = await warmSigwatch(
      ['feedback', id, '--verdict', 'false_positive', '--by', 'ann', '--note', 'our own', '--until', '2h'],
      { env },
    )
    expect(said.code, said.stderr).toBe(0)
    await until(async () => (await stateOf('tuikuan-kf88.top', 'cleared')) !== undefined)
    const cleared = await stateOf('tuikuan-kf88.top', 'cleared')
    expect(cleared!.data.state!.cause).toBe('feedback')
    expect(cleared!.data.feedback).toMatchObject({ by: 'ann', note: 'our own' })
    const line = first.log.find(({ event }) => event === 'feedback_applied')
    expect(line).toMatchObject({ by: 'ann', note: 'our own', states: 1 })
    expect(await first.metric('sigwatch_judged_alerts_total')).toBe(1)

    expect(await askedFor(await send('tuikuan-kf88.top', 4))).toEqual([])
    await first.kill()
    await start()
    expect(await askedFor(await send('tuikuan-kf88.top', 4))).toEqual([])
    const others = await send('lipei-kf99.top', 2)
    expect(await askedFor(others)).toEqual(others)

    const unknown = await warmSigwatch(['release', 'f'.repeat(32), '--by', 'ann'], { env })
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no alert of the last day')])
    const listed = await warmSigwatch(['feedback', '--list'], { env })
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map((row) => JSON.parse(row)),
    ).toMatchObject([{ stateId: id, verdict: 'false_positive', by: 'ann', note: 'our own' }])
  })
})
