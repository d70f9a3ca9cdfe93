import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import type { AnalysedMessage } from '../../../src/domain/message.ts'
import { ShadowModel } from '../../../src/pipeline/shadow-model.ts'
import { readJsonl } from '../../helpers/jsonl.ts'
import { until } from '../../helpers/recording-handler.ts'

const WORKER = new URL('../service/fixtures/shadow-worker.mjs', import.meta.url)
const root = mkdtempSync(join(tmpdir(), 'sigwatch-shadow-'))
const open: ShadowModel[] = []
afterEach(() => Promise.all(open.splice(0).map((model) => model.close())))

function start(
  how: string,
  over: { samplesPerMinute?: number; samples?: string; answerWithin?: number } = {},
) {
  const dir = join(root, `how-${how}`)
  mkdirSync(dir, { recursive: true })
  const events: Event[] = []
  const model = new ShadowModel({
    dir,
    backend: 'cpu',
    samplesPerMinute: 10,
    live: () => 'live@1',
    clock: { now: () => Date.parse('2026-11-11T10:00:00Z') },
    emit: (event) => void events.push(event),
    worker: WORKER,
    answerWithin: 300,
    backOff: 50,
    lookEvery: 20,
    ...over,
  })
  open.push(model)
  const named = <N extends Event['name']>(name: N) =>
    events.filter((event): event is Extract<Event, { name: N }> => event.name === name)
  const count = (name: 'shadow_skipped') => named(name).reduce((sum, event) => sum + event.messages, 0)
  return { dir, model, named, count }
}

const message = (id: string, text: string, otp = false) =>
  ({ id, text, otp, label: 'notice', scores: { notice: 0.8 } }) as unknown as AnalysedMessage

describe('a model in shadow', () => {
  it('counts what both said, and keeps a bounded number of disagreements, masked', async () => {
    const samples = join(root, 'samples.jsonl')
    const { model, named } = start('answers', { samples, samplesPerMinute: 2 })
    await until(() => named('shadow_loaded').length === 1)
    const bet = '赌场开户，致电 13800138000 领彩金'
    model.observe([message('a', '快递到了'), message('b', bet), message('c', bet)])
    model.observe(['d', 'e', 'f'].map((id) => message(id, `赌 ${id}`)))
    await until(() => named('shadow_compared').length === 2)
    expect(named('shadow_compared')[0]!.pairs).toEqual([
      { live: 'notice', shadow: 'notice', messages: 1 },
      { live: 'notice', shadow: 'illicit', messages: 2 },
    ])
    await until(() => existsSync(samples) && readJsonl(samples).length === 2)
    // Answers are written as they come.
    const written = readJsonl<{ readonly message: string }>(samples)
    expect(written.find((sample) => sample.message === 'b')).toEqual({
      at: '2026-11-11T10:00:00.000Z',
      message: 'b',
      messages: 2,
      text: '赌场开户，致电 <number> 领彩金',
      live: { model: 'live@1', label: 'notice', score: 0.8 },
      shadow: { model: 'stub@1', label: 'illicit', score: 0.9 },
    })
    model.observe([message('g', '赌 g')])
    await until(() => named('shadow_compared').length === 3)
    expect(readFileSync(samples, 'utf8').trim().split('\n')).toHaveLength(2)
    expect(statSync(samples).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['hangs', 'timeout'],
    ['throws', 'crash'],
    ['ends', 'crash'],
  ])('that %s is stopped, counted and started again, and delays nothing', async (how, reason) => {
    const { model, named, count } = start(how)
    await until(() => named('shadow_loaded').length === 1)
    const began = performance.now()
    model.observe([message('a', 'x'), message('b', 'x')])
    expect(performance.now() - began).toBeLessThan(20)
    await until(() => named('shadow_failed').length > 0)
    expect(named('shadow_failed')[0]!.how).toBe(reason)
    expect(count('shadow_skipped')).toBe(2)
    await until(() => named('shadow_loaded').length === 2)
  })

  it('that answers slowly, one batch after the other, is not taken for one that hangs', async () => {
    const { model, named } = start('slow', { answerWithin: 1_200 })
    await until(() => named('shadow_loaded').length === 1)
    for (let i = 0; i < 8; i++) model.observe([message(`m${i}`, `text ${i}`)])
    await until(() => named('shadow_compared').length === 8 || named('shadow_failed').length > 0)
    expect(named('shadow_failed')).toEqual([])
  })

  it('whose folder is unusable is looked at again when it changes, and what comes meanwhile is skipped', async () => {
    const { dir, model, named, count } = start('unusable')
    await until(() => named('shadow_failed').length === 1)
    expect(named('shadow_failed')[0]).toMatchObject({ how: 'load', reason: 'weights.bin is damaged' })
    model.observe([message('a', 'x')])
    expect(count('shadow_skipped')).toBe(1)
    const failed = named('shadow_failed').length
    writeFileSync(join(dir, 'weights.bin'), 'new')
    await until(() => named('shadow_failed').length > failed)
  })

  it('is shown no more than it has room for, and no text that is too long', async () => {
    const { model, named, count } = start('hangs')
    await until(() => named('shadow_loaded').length === 1)
    model.observe(Array.from({ length: 5_000 }, (_, i) => message(`m${i}`, `text ${i}`)))
    expect(count('shadow_skipped')).toBe(5_000 - 4_096)
    model.observe([message('long', '长'.repeat(2_001))])
    expect(count('shadow_skipped')).toBe(5_000 - 4_096 + 1)
  })
})
