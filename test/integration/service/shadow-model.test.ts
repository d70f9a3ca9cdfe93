import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../../src/domain/alert.ts'
import { readJsonl, useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { ensureBuilt, type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, produceKeyed } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const TEXTS = [
  '【顺丰速运】您的快件已由前台代收，请凭取件码到丰巢柜领取，如有疑问请致电快递员。',
  '【天猫】双11狂欢开启，全场5折起，满300减50，速抢！拒收请回复R',
  '您的银行卡已被冻结，请立即登录 http://icbc-safe.top 核实身份信息，否则账户将被注销',
]

describeWith('kafka', 'a model in shadow', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const LIVE = folder.file('live')
  const SHADOW = folder.file('shadow')
  const SAMPLES = folder.file('samples.jsonl')
  let client: ReturnType<typeof plainClient>
  let service: Service
  let topics: Awaited<ReturnType<typeof createServiceTopics>>['topics']
  let verdicts: Awaited<ReturnType<typeof follow>>
  let sent = 0

  beforeAll(async () => {
    ensureBuilt()
    cpSync('models/sms-zh/4', LIVE, { recursive: true })
    cpSync('models/sms-zh/1', SHADOW, { recursive: true })
    client = plainClient(kafka.brokers)
    const made = await createServiceTopics(client, kafka.brokers)
    topics = made.topics
    service = await startService({
      ...made.env,
      SIGWATCH_MODEL: LIVE,
      SIGWATCH_SHADOW_MODEL_PATH: SHADOW,
      SIGWATCH_SHADOW_MODEL_SAMPLES: SAMPLES,
    })
    await service.ready()
    verdicts = await follow(client, topics.verdicts)
  })
  afterAll(async () => {
    await verdicts?.stop()
    await service?.kill()
  })

  const logged = (event: string) => service.log.filter((line) => line.event === event)
  /** Sends the texts to people of their own and waits for the verdicts. */
  async function send(texts: readonly string[]): Promise<Verdict[]> {
    const from = sent
    const records = texts.map((text) => {
      const n = sent++
      const record = {
        id: `m${n}`,
        ts: Date.now(),
        from: '106911112222',
        to: `1380000${String(n).padStart(4, '0')}`,
        text,
      }
      return { key: 'k', value: JSON.stringify(record) }
    })
    await produceKeyed(client, topics.messages, records)
    await until(() => verdicts.values<Verdict>().length >= sent)
    return verdicts.values<Verdict>().slice(from)
  }
  const metricsOf = async () => (await service.get('/metrics')).body
  const compared = async () => {
    const lines = (await metricsOf()).split('\n')
    const pairs = lines.flatMap((line) => {
      const found = /^sigwatch_shadow_model_messages_total\{live="(\w+)",shadow="(\w+)"\} (\d+)$/.exec(line)
      return found && found[3] !== '0' ? [[found[1]!, found[2]!, Number(found[3])] as const] : []
    })
    return { pairs, total: pairs.reduce((sum, [, , n]) => sum + n, 0) }
  }

  it('reports by label what it would decide, next to the live model', async () => {
    await until(() => logged('shadow_loaded').length === 1)
    expect(logged('shadow_loaded')[0]).toMatchObject({ id: 'sms-zh@1' })
    const said = await send([...TEXTS, ...TEXTS])
    expect(said.map(({ label }) => label)).toEqual([
      'notice',
      'marketing',
      'fraud',
      'notice',
      'marketing',
      'fraud',
    ])
    await until(async () => (await compared()).total === 6)
    expect((await compared()).pairs.map(([live]) => live).sort()).toEqual(['fraud', 'marketing', 'notice'])
    // This writer is new to version 1.
    const lines = readFileSync('corpus/writers/grey-market-2025.tsv', 'utf8').split('\n')
    const texts = lines.filter((line) => line.includes('\t')).map((line) => line.split('\t')[1]!)
    await send(texts.slice(0, 200))
    await until(async () => (await compared()).total === 206)
    const apart = (await compared()).pairs.filter(([live, shadow]) => live !== shadow)
    expect(apart.length).toBeGreaterThan(0)
    await until(() => existsSync(SAMPLES) && readJsonl(SAMPLES).length > 0)
    const [sample] = readJsonl<{ live: { model: string }; shadow: { model: string }; text: string }>(SAMPLES)
    expect([sample!.live.model, sample!.shadow.model]).toEqual(['sms-zh@4', 'sms-zh@1'])
    expect(readJsonl(SAMPLES).length).toBeLessThanOrEqual(20)
  })

  it('is damaged, and only metrics show it', async () => {
    const weights = readFileSync(`${SHADOW}/weights.bin`)
    writeFileSync(`${SHADOW}/weights.bin`, weights.subarray(0, 1000))
    await until(() => logged('shadow_failed').length > 0)
    expect(logged('shadow_failed')[0]).toMatchObject({ how: 'load', level: 'warn' })
    expect((await service.get('/readyz')).status).toBe(200)
    const said = await send(TEXTS)
    expect(said.map(({ label, degraded }) => [label, degraded])).toEqual([
      ['notice', undefined],
      ['marketing', undefined],
      ['fraud', undefined],
    ])
    const metrics = await metricsOf()
    expect(metrics).toMatch(/^sigwatch_shadow_model_up 0$/m)
    expect(metrics).toMatch(/^sigwatch_shadow_model_skipped_total [3-9]\d*$/m)
    writeFileSync(`${SHADOW}/weights.bin`, weights)
    await until(() => logged('shadow_loaded').length === 2)
  })

  it('takes the place of the live one by one command, and back, while the service runs', async () => {
    const env = { SIGWATCH_MODEL: LIVE, SIGWATCH_SHADOW_MODEL_PATH: SHADOW }
    const run = await warmSigwatch(['model', 'promote'], { env })
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('sms-zh@1 is live in')])
    expect(JSON.parse(run.stdout)).toEqual({
      promoted: 'sms-zh@1',
      before: 'sms-zh@4',
      previous: `${LIVE}.previous`,
    })
    await until(() => logged('model_loaded').some(({ id }) => id === 'sms-zh@1'))
    expect(await metricsOf()).toMatch(/^sigwatch_model_info\{model="sms-zh@1"/m)
    const back = await warmSigwatch(['model', 'promote', `${LIVE}.previous`], { env })
    expect(JSON.parse(back.stdout)).toMatchObject({ promoted: 'sms-zh@4', before: 'sms-zh@1' })
    await until(() => logged('model_loaded').at(-1)!.id === 'sms-zh@4')
  })

  it('is promoted through a link, and refused where a reload would refuse it', async () => {
    const link = folder.file('link')
    symlinkSync(LIVE, link)
    const run = await warmSigwatch(['model', 'promote', SHADOW, '--model', link])
    expect([run.code, JSON.parse(run.stdout).previous]).toEqual([0, LIVE])
    expect(readFileSync(`${link}/model.json`).equals(readFileSync(`${SHADOW}/model.json`))).toBe(true)
    const again = await warmSigwatch(['model', 'promote', SHADOW, '--model', link])
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is the live model already')])
    const damaged = folder.file('damaged')
    cpSync(SHADOW, damaged, { recursive: true })
    writeFileSync(`${damaged}/weights.bin`, 'no')
    const refused = await warmSigwatch(['model', 'promote', damaged, '--model', LIVE])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('MODEL_INVALID')])
    expect(readFileSync(`${LIVE}/model.json`, 'utf8')).toContain('"version": "4"')
    const shipped = await warmSigwatch(['model', 'promote', SHADOW])
    expect([shipped.code, shipped.stderr]).toEqual([2, expect.stringContaining('shipped one')])
    const none = await warmSigwatch(['model', 'promote', '--model', LIVE])
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('shadowModel.path')])
  })
})
