import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DETECTORS } from '../../../src/detection/detectors/all.ts'
import { type Assets, loadedVersions, openAssets } from '../../../src/detection/versions/assets.ts'
import { SigwatchError } from '../../../src/domain/errors.ts'
import { exactClock } from '../../../src/domain/ports.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { type CheckAnswer, Checker, type CheckerParts } from '../../../src/pipeline/checker.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { memoryLedger } from '../../../src/stores/ledgers/memory.ts'
import { Allowances } from '../../../src/stores/states/allowances.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const folder = useFolder()
/** 2026-11-11 12:00 in China. */
const NOON = Date.UTC(2026, 10, 11, 4)
const DAY = 86_400_000
const clock = exactClock(() => NOON + 60_000)
const TO = '13912345678'

const REGISTRY = `
signatures:
  - {name: 示例超市, ports: ["1069012345*"], scope: [notice, marketing], consent: required}
`
const sale = {
  from: '106901234501',
  to: TO,
  text: '【示例超市】周年庆全场5折起，满300减50，速来抢购，退订回T',
}
const forged = {
  from: '1068112233',
  to: TO,
  text: '【京东】您的订单异常，请立即登录 http://jd-verify.top/a 核实，否则账户将被冻结',
}
const parcel = { from: '106901234501', to: TO, text: '【示例超市】您的包裹已到服务台，请凭取件码领取' }

let assets: Assets
beforeAll(async () => {
  writeFileSync(folder.file('registry.yaml'), REGISTRY)
  const overrides = { registry: folder.file('registry.yaml') }
  const { config } = loadConfig({ env: {}, folder: folder.path, overrides, serving: false })
  assets = await openAssets(config, () => {})
})
afterAll(() => assets.classifier.close())

function checker(over: Partial<CheckerParts> = {}) {
  const ledger = memoryLedger()
  const parts: CheckerParts = {
    versions: { current: loadedVersions(assets) },
    detectors: DETECTORS,
    tokenise: createTokeniser({ keyId: 't', key: 'k' }),
    ledger,
    states: { openStatesFor: () => [], allowances: new Allowances(new MemoryStateStore({ clock })) },
    lacking: () => [],
    alerts: { describe: assets.describe, senderContacts: 'clear' },
    limits: { futureReject: 300_000, maxRecordBytes: 1_000_000 },
    maxAge: DAY,
    clock,
    ...over,
  }
  return { ledger, check: (...records: unknown[]) => new Checker(parts).check(records) }
}

/** Of an answer that is no error. */
function judged(answer: CheckAnswer | undefined) {
  if (!answer || 'error' in answer) throw new Error(`no verdict: ${JSON.stringify(answer)}`)
  return answer
}
const codes = (answer: CheckAnswer | undefined) => judged(answer).verdict.reasons
const record = (fields: object, ts: number | string = NOON) => ({ id: 'm1', ts, ...fields })

describe('docs/check.md', () => {
  it('shows a request with the answer that it has', async () => {
    const page = readFileSync('docs/check.md', 'utf8')
    const [, asked] = /-d '(\{[^']*\})'/.exec(page)!
    const [, shown] = /```json\n([^`]*)```/.exec(page)!
    const { config } = loadConfig({ env: {}, folder: folder.path, serving: false })
    const shipped = await openAssets(config, () => {})
    const { check } = checker({
      versions: { current: loadedVersions(shipped) },
      clock: exactClock(() => NOON + DAY),
    })
    const answers = await check(JSON.parse(asked!))
    shipped.classifier.close()
    // Scores and rates move with the model and the brand list; what the example says does not.
    expect(shapeOf(judged(answers[0]))).toEqual(shapeOf(JSON.parse(shown!)))
  })
})

/** Words as they are, numbers and times by their kind. */
function shapeOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, item) =>
    key === 'decidedAt' || key === 'model' ? `a ${key}` : typeof item === 'number' ? 'a number' : item,
  )
}

describe('checker', () => {
  it('gives the verdict with a sentence and the evidence of every reason, and shows no recipient', async () => {
    const { check } = checker()
    const [answer] = await check(record({ ...forged, ext: { trace: 'x1' } }))
    const { verdict, reasons } = judged(answer)
    expect(verdict).toMatchObject({ id: 'm1', label: 'fraud', states: [], ext: { trace: 'x1' } })
    expect(verdict.action).toBe('block')
    expect(verdict.decidedAt).toBe(new Date(NOON + 60_000).toISOString())
    expect(reasons.map((reason) => reason.code)).toEqual(verdict.reasons)
    const forgery = reasons.find((reason) => reason.code === 'FORGED_BRAND')!
    expect(Object.keys(forgery).sort()).toEqual(['action', 'code', 'detail', 'evidence', 'score'])
    expect(forgery.detail).toContain('京东')
    expect(forgery.evidence).toMatchObject({ found: [{ kind: 'domain', value: 'jd-verify.top' }] })
    expect(JSON.stringify(answer)).not.toContain(TO)
  })

  it('answers each record in its place, bad ones with what is wrong with them', async () => {
    const { check } = checker()
    const answers = await check(
      record(parcel),
      null,
      [],
      'text',
      record({ ...parcel, id: undefined }),
      record({ ...parcel, to: 7 }),
      record(parcel, 'yesterday'),
      record(parcel, NOON + DAY),
      record(forged),
    )
    expect(answers.map((a) => ('error' in a ? a.error.code : a.verdict.action))).toEqual([
      'pass',
      'RECORD_NOT_OBJECT',
      'RECORD_NOT_OBJECT',
      'RECORD_NOT_OBJECT',
      'RECORD_FIELD_MISSING',
      'RECORD_FIELD_INVALID',
      'RECORD_TS_INVALID',
      'RECORD_TS_FUTURE',
      'block',
    ])
    expect(await check()).toEqual([])
  })

  it('goes by consents and refusals as they are', async () => {
    const { check, ledger } = checker()
    const row = { signature: '示例超市', to: TO }
    expect(codes((await check(record(sale)))[0])).toContain('NO_CONSENT')
    await ledger.apply([{ ...row, state: 'in', ts: NOON - DAY, proof: 'signed form' }])
    expect(codes((await check(record(sale)))[0])).not.toContain('NO_CONSENT')
    await ledger.apply([{ ...row, state: 'out', ts: NOON - 3_600_000 }])
    const [refused] = await check(record(sale))
    expect(codes(refused)).toContain('AFTER_OPT_OUT')
    expect(judged(refused).verdict.action).toBe('block')
  })

  it('knows that consent was asked for before, and is no request itself', async () => {
    const { check, ledger } = checker()
    const ask = { ...sale, text: '【示例超市】诚邀您接收我们的优惠信息，同意请回复Y，不回复视为不同意' }
    await ledger.apply([{ signature: '示例超市', to: TO, state: 'out', ts: NOON - 40 * DAY }])
    for (let i = 0; i < 2; i++)
      expect(codes((await check(record(ask, NOON + i)))[0])).not.toContain('CONSENT_REASKED')
    await ledger.asked([{ signature: '示例超市', to: TO, ts: NOON - 10 * DAY }])
    expect(codes((await check(record(ask)))[0])).toContain('CONSENT_REASKED')
  })

  it('asks the open states, of which the strongest holds', async () => {
    const states = {
      openStatesFor: ({ from }: { readonly from: string }) =>
        from === parcel.from ? ([{ id: 's1', action: 'throttle', campaign: 'c1' }] as const) : [],
      allowances: new Allowances(new MemoryStateStore({ clock })),
    }
    const { check } = checker({ states })
    const [held, free] = await check(record(parcel), record({ ...parcel, from: '106901234502' }))
    expect(held).toMatchObject({
      verdict: { action: 'throttle', states: ['s1'], campaign: 'c1' },
      reasons: [],
    })
    expect(free).toMatchObject({ verdict: { action: 'pass', states: [] } })
  })

  it('says degraded where the ledger does not answer or is known to lack something', async () => {
    const gone = async () => {
      throw new SigwatchError('REDIS_UNREACHABLE', 'gone')
    }
    const outage = checker({ ledger: { lookup: gone, askedBefore: gone } })
    expect(await outage.check(record(sale), record(forged))).toMatchObject([
      { verdict: { degraded: true } },
      { verdict: { degraded: true, action: 'block' } },
    ])
    const lost = checker({ lacking: () => ['redis: consents were lost'] })
    expect(await lost.check(record(parcel))).toMatchObject([{ verdict: { degraded: true } }])
    expect(judged((await checker().check(record(parcel)))[0]).verdict).not.toHaveProperty('degraded')
  })

  it('judges a part alone: what is absent may be in another', async () => {
    const { check } = checker()
    const text = '全场5折起，满300减50，速来抢购，戳 http://jd-verify.top/a'
    const whole = record({ ...sale, text })
    const [alone, part] = await check(whole, { ...whole, part: { ref: 1, index: 2, count: 3 } })
    expect(codes(alone)).toContain('SIGNATURE_MISSING')
    expect(codes(part)).not.toContain('SIGNATURE_MISSING')
    expect(judged(part).verdict.partial).toBe(true)
  })

  it('asks for nothing stronger than observe where the message is old', async () => {
    const [answer] = await checker().check(record(forged, NOON - 2 * DAY))
    expect(judged(answer).verdict).toMatchObject({ late: true, action: 'observe' })
  })

  it('masks the contacts of a sender where that is asked for', async () => {
    const { check } = checker({ alerts: { describe: assets.describe, senderContacts: 'masked' } })
    const [answer] = await check(record({ ...forged, text: `${forged.text}，客服13700001111` }))
    expect(JSON.stringify(answer)).not.toContain('13700001111')
  })

  it.each(['read', 'classify'])(
    'tells in its place that it cannot %s a message, and judges the others',
    async (stage) => {
      const { classifier, ...rest } = loadedVersions(assets)
      const key = createTokeniser({ keyId: 't', key: 'k' })
      const { check } = checker({
        versions: {
          current: {
            ...rest,
            classifier: {
              ...classifier,
              thresholds: classifier.thresholds,
              classify: (texts) => {
                if (stage === 'classify' && texts.some(({ original }) => original === sale.text))
                  throw new RangeError(TO)
                return classifier.classify(texts)
              },
            },
          },
        },
        tokenise: (to) => {
          if (stage === 'read' && to.endsWith('9')) throw new RangeError(TO)
          return key(to)
        },
      })
      const answers = await check(
        record(parcel),
        record({ ...sale, to: '13912345679' }),
        null,
        record(forged),
      )
      expect(answers).toMatchObject([
        { verdict: { action: 'pass' } },
        { error: { code: 'INTERNAL', detail: 'it cannot be judged: RangeError' } },
        { error: { code: 'RECORD_NOT_OBJECT' } },
        { verdict: { action: 'block' } },
      ])
      expect(JSON.stringify(answers)).not.toContain(TO)
    },
  )

  it('tells a defect in the place of the message', async () => {
    const states = {
      openStatesFor: ({ from }: { readonly from: string }) => {
        if (from === forged.from) throw new TypeError(TO)
        return []
      },
      allowances: new Allowances(new MemoryStateStore({ clock })),
    }
    const answers = await checker({ states }).check(record(parcel), record(forged))
    expect(answers).toMatchObject([
      { verdict: { action: 'pass' } },
      { error: { code: 'INTERNAL', detail: 'it cannot be judged: TypeError' } },
    ])
    expect(JSON.stringify(answers)).not.toContain(TO)
  })
})
