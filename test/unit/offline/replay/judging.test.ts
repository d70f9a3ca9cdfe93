import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../../../src/domain/alert.ts'
import { Batches } from '../../../../src/offline/replay/batches.ts'
import type { Checkpoint } from '../../../../src/offline/replay/checkpoint.ts'
import { Judging } from '../../../../src/offline/replay/judging.ts'
import type { Ordered } from '../../../../src/offline/replay/order.ts'
import { Outputs } from '../../../../src/offline/replay/outputs.ts'
import { Pace } from '../../../../src/offline/replay/pace.ts'
import { decode } from '../../../../src/pipeline/decode.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

const AT = Date.UTC(2026, 10, 11, 4)
const LIMITS = { futureReject: 300_000, maxRecordBytes: 64_000 }
const VERSIONS = { model: 'm', policy: 'p', registry: 'r' }

/** One record a second; each had the verdict `pass`. */
function recordsAt(seconds: readonly number[]): Ordered[] {
  return seconds.map((second, offset) => {
    const ts = AT + second * 1000
    const sms = { id: `m${offset}`, ts, from: '10690200001', to: '17002130007', text: '您好' }
    const was = { id: sms.id, action: 'pass', label: 'notice', reasons: [], states: [] }
    const verdict = Buffer.from(JSON.stringify({ ...was, decidedAt: new Date(AT).toISOString() }))
    const value = Buffer.from(JSON.stringify(sms))
    const place = { topic: 0, partition: 0, offset, timestamp: ts, eventTime: ts, compared: true }
    return { turn: 0, record: { ...place, value, verdict } }
  })
}

const INCREASING = Array.from({ length: 60 }, (_, second) => second)

describe('Judging', () => {
  const folder = useFolder()

  /** Judges as one process does; `killedAt`: the number of records after which it is killed. Returns the last checkpoint. */
  async function run(records: readonly Ordered[], from: Checkpoint | undefined, killedAt?: number) {
    const verdicts = join(folder.path, 'verdicts.jsonl')
    const outputs = new Outputs({ verdicts, ...(from ? { kept: from.outputs } : {}) })
    let saved = from
    const judging = new Judging({
      deployment: 'd',
      senderContacts: 'masked',
      tokenise: (to) => to,
      side: {
        versions: VERSIONS,
        judge: async ({ items }) => ({
          alerts: [],
          verdicts: items.map(({ message: { id } }) => {
            const verdict = { id, action: 'review', label: 'notice', score: 1, reasons: [], states: [] }
            return verdict as unknown as Verdict
          }),
        }),
      },
      batches: new Batches({
        topics: ['t'],
        from: 'topic',
        decode: (raw) => decode(raw, LIMITS),
        partWait: 10_000,
        batch: { maxRecords: 4, maxBytes: 1_000_000 },
      }),
      outputs,
      pace: new Pace(undefined),
      reviewCases: 0,
      seed: 1,
      warmUp: 25_000,
      ...(from ? { from } : {}),
      progressed: (next) => {
        const reached = judging.checkpoint()
        if (reached) {
          const checkpoint = { format: 1, fingerprint: 'f', versions: [VERSIONS], ...reached }
          saved = JSON.parse(JSON.stringify(checkpoint)) as Checkpoint
        }
        if (killedAt !== undefined && next >= killedAt) throw new Error('killed')
      },
      signal: new AbortController().signal,
    })
    async function* ordered() {
      yield* records
    }
    try {
      await judging.run({ ordered })
    } catch (error) {
      if ((error as Error).message !== 'killed') throw error
    } finally {
      await outputs.close()
    }
    return { saved, report: judging.report() }
  }

  it.each([
    ['once', INCREASING, [42]],
    ['again in what is judged again', INCREASING, [42, 25]],
    ['again at the record that it had come to', INCREASING, [42, 44]],
    ['again and again', INCREASING, [22, 10, 34, 20, 50, 59]],
    [
      'where a partition was far behind',
      INCREASING.map((second) => (second > 44 && second % 2 === 0 ? second - 44 : second)),
      [44, 30],
    ],
  ])('has every record once when it is killed %s', async (_, seconds, kills) => {
    const records = recordsAt(seconds)
    let from: Checkpoint | undefined
    for (const killedAt of kills) {
      const before = from?.next ?? 0
      ;({ saved: from } = await run(records, from, killedAt))
      expect(from!.next).toBeGreaterThanOrEqual(before)
    }
    const { report } = await run(records, from)
    expect(report).toMatchObject({ records: 60, compared: 60, changed: 60 })
    const lines = readFileSync(join(folder.path, 'verdicts.jsonl'), 'utf8').trimEnd().split('\n')
    const ids = lines.map((line) => (JSON.parse(line) as Verdict).id)
    expect(ids).toEqual(records.map((_record, i) => `m${i}`))
  })
})
