import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { CheckAnswer } from '../../src/pipeline/checker.ts'
import { assertHidden, NOON, type Sms } from '../helpers/embedded.ts'
import { readJsonl, useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { until } from '../helpers/recording-handler.ts'
import { checkedVerdict } from '../helpers/schema.ts'
import { type Service, startCommand } from '../helpers/service.ts'

const folder = useFolder()
const TOKEN = 'token-of-the-tests'
const EXTRACT_TOKEN = 'token-of-a-gateway-of-the-tests'
const REFUSED = '13900000001'
const REGISTRY = `
signatures:
  - {name: 示例商场, ports: ["1069021*"], scope: [notice, marketing]}
`

let n = 0
const sms = (text: string, from: string, more: object = {}): Sms => {
  n++
  return { id: `m${n}`, ts: NOON + n * 1000, from, to: `138${String(n).padStart(8, '0')}`, text, ...more }
}
const forged = () =>
  sms('【京东】您的订单异常，请立即登录 http://jd-verify.top/a 核实，否则账户将被冻结', '106900001111')
const sale = (more: object = {}) =>
  sms('【示例商场】周年庆全场5折起，满300减50，速来抢购，退订回T', '10690210001', more)
const parcel = () => sms('【示例商场】您的包裹已到服务台，请凭取件码于今晚22点前领取。', '10690210001')
const odd = () => sms('本店周年庆，全场满199减100，到店即送精美礼品，退订回T', '10681122334')

let service: Service
beforeAll(async () => {
  writeJsonl(folder.file('registry.yaml'), [REGISTRY])
  const refusal = { signature: '示例商场', to: REFUSED, state: 'out', ts: NOON - 86_400_000 }
  writeJsonl(folder.file('consents.jsonl'), [refusal])
  const files = ['registry.yaml', 'consents.jsonl', 'alerts.jsonl', 'verdicts.jsonl'].flatMap((name) => [
    `--${name.split('.')[0]}`,
    folder.file(name),
  ])
  const args = ['run', '--source', '-', '--now', String(NOON + 3_600_000), ...files]
  const tokens = JSON.stringify([{ name: 'gateway', token: EXTRACT_TOKEN, may: ['extract'] }])
  const env = { SIGWATCH_HTTP_CHECK_TOKEN: TOKEN, SIGWATCH_HTTP_TOKENS: tokens }
  service = await startCommand(args, env, { stdin: 'pipe' })
  await service.ready()
}, 120_000)
afterAll(async () => {
  await service?.stop()
})

async function check(body: unknown): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${service.http}/v1/check`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  for (const record of [body].flat() as Sms[]) assertHidden(record.to, text)
  return { status: response.status, answer: JSON.parse(text) }
}

async function verdictsFor(records: readonly Sms[]): Promise<Verdict[]> {
  const { status, answer } = await check(records)
  expect(status).toBe(200)
  return (answer as CheckAnswer[]).map((one) => {
    if ('error' in one) throw new Error(JSON.stringify(one))
    expect(one.reasons.map(({ code }) => code)).toEqual(one.verdict.reasons)
    return checkedVerdict(one.verdict)
  })
}

/** Gives records to the service as traffic; resolves with the verdicts on them. */
async function send(records: readonly Sms[]): Promise<Verdict[]> {
  service.child.stdin!.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  const ids = new Set(records.map(({ id }) => id))
  const written = () => {
    const whole = readFileSync(folder.file('verdicts.jsonl'), 'utf8').endsWith('\n')
    return whole ? readJsonl<Verdict>(folder.file('verdicts.jsonl')).filter(({ id }) => ids.has(id)) : []
  }
  await until(() => written().length === records.length, 20_000)
  return written()
}

const undated = (verdicts: readonly Verdict[]) => verdicts.map(({ decidedAt: _, ...verdict }) => verdict)
const COUNTED = [
  'sigwatch_messages_total',
  'sigwatch_records_total',
  'sigwatch_findings_total',
  'sigwatch_alerts_total',
  'sigwatch_decided_messages_total',
  'sigwatch_labelled_messages_total',
]
const counts = async () => Promise.all(COUNTED.map((name) => service.metric(name)))

describe('POST /v1/check of a running service', () => {
  it('reports what the traffic is told, by text, registry and consents', async () => {
    const records = [parcel(), sale(), sale({ to: REFUSED }), odd(), sale({ disposition: 'blocked' })]
    const asked = await verdictsFor(records)
    expect(asked.map(({ reasons }) => reasons.includes('AFTER_OPT_OUT'))).toEqual([
      false,
      false,
      true,
      false,
      false,
    ])
    expect(asked[2]!.action).toBe('block')
    expect(asked[3]!.reasons).toContain('SIGNATURE_MISSING')
    expect(undated(await send(records))).toEqual(undated(asked))
  })

  it('counts nothing, however often it is asked', async () => {
    const before = await counts()
    for (let i = 0; i < 20; i++) await verdictsFor(Array.from({ length: 20 }, forged))
    expect(await counts()).toEqual(before)
    expect(readFileSync(folder.file('alerts.jsonl'), 'utf8')).not.toContain('jd-verify.top')
    expect(await service.metric('sigwatch_checked_records_total')).toBeGreaterThanOrEqual(400)
    const [verdict] = await verdictsFor([forged()])
    expect(verdict!.states).toEqual([])
  })

  it('sees the states that traffic has raised', async () => {
    const news = () => sms('点击 http://jd-verify.top/b 查看物业通知', '10690210001')
    expect((await verdictsFor([news()]))[0]!.states).toEqual([])
    await send(Array.from({ length: 10 }, forged))
    const [verdict, other] = await verdictsFor([news(), parcel()])
    const raised = readJsonl<Alert>(folder.file('alerts.jsonl')).filter(
      ({ data }) => data.target.kind === 'domain',
    )
    expect(raised.length).toBeGreaterThan(0)
    expect(verdict!.states.toSorted()).toEqual(raised.map(({ data }) => data.state!.id).toSorted())
    expect(verdict!.action).not.toBe('pass')
    expect(other!.states).toEqual([])
  })

  it('answers one record with one answer, and what is wrong with it', async () => {
    expect(await check(parcel())).toMatchObject({
      status: 200,
      answer: { verdict: { action: 'pass' }, reasons: [] },
    })
    expect(await check({ ...parcel(), ts: 'now' })).toMatchObject({
      status: 400,
      answer: { error: { code: 'RECORD_TS_INVALID' } },
    })
  })

  it('requires the token, and never reveals it', async () => {
    const response = await fetch(`${service.http}/v1/check`, {
      method: 'POST',
      body: JSON.stringify(parcel()),
    })
    expect(response.status).toBe(401)
    expect(service.stderr).not.toContain(TOKEN)
    expect((await service.get('/metrics')).body).not.toContain(TOKEN)
  })
})

describe('POST /v1/extract of a running service', () => {
  const ask = async (token: string) => {
    const response = await fetch(`${service.http}/v1/extract`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ text: '【工商银行】您的积分将过期，请登录 icbc-jf点vip 兑换礼品，逾期清零' }),
    })
    return { status: response.status, body: await response.json() }
  }

  it('reads a text as the detectors do, with a sketch', async () => {
    const before = await counts()
    expect(await ask(EXTRACT_TOKEN)).toMatchObject({
      status: 200,
      body: {
        signature: '工商银行',
        urls: [{ host: 'icbc-jf.vip', domain: 'icbc-jf.vip', shown: 'icbc-jf点vip' }],
        sketch: expect.stringMatching(/^sketch-zh@1:[\w-]{86}$/),
      },
    })
    expect(await counts()).toEqual(before)
    expect(await service.metric('sigwatch_extracted_texts_total')).toBe(1)
  })

  it('is for tokens with its right: neither opens the path of the other', async () => {
    expect((await ask(TOKEN)).status).toBe(401)
    const checked = await fetch(`${service.http}/v1/check`, {
      method: 'POST',
      headers: { authorization: `Bearer ${EXTRACT_TOKEN}` },
      body: JSON.stringify(parcel()),
    })
    expect(checked.status).toBe(401)
  })
})
