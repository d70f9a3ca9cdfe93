import { readFileSync, writeFileSync } from 'node:fs'
import type { PlantedEvent } from '../../src/offline/simulator/plants.ts'
import { readJsonl } from './jsonl.ts'
import { sigwatch } from './service.ts'

export interface Traffic {
  /** Records in gateway order, with their partition key. */
  readonly records: readonly { readonly key: string; readonly value: Buffer }[]
  /** JSONL file of the records, and registry of their senders. */
  readonly file: string
  readonly registry: string
  /** Events entirely within the records. */
  readonly planted: readonly PlantedEvent[]
}

const MINUTE = 60_000

/** Writes `count` records of `sigwatch simulate` to a folder: an hour of the eve of Double Eleven, keyed by sender. */
export function simulateTraffic(folder: string, count: number): Promise<Traffic> {
  // Planted messages and parts of long texts come on top of this rate.
  return simulate(folder, count, ['--minutes', '60', '--rate', String(Math.ceil(count / 3_600) + 1)])
}

/** All traffic of the first minutes of a trial, whose events come early; `start`: epoch ms. */
export function simulateTrial(
  folder: string,
  { minutes, rate, start }: { readonly minutes: number; readonly rate: number; readonly start: number },
): Promise<Traffic> {
  const from = new Date(start).toISOString()
  const choices = [
    '--scenario',
    'trial',
    '--minutes',
    String(minutes),
    '--rate',
    String(rate),
    '--start',
    from,
  ]
  return simulate(folder, undefined, choices)
}

/** Like `simulateTraffic`, within some minutes of event time from `start`, epoch ms. */
export function simulateLive(
  folder: string,
  count: number,
  { minutes, start }: { readonly minutes: number; readonly start: number },
): Promise<Traffic> {
  // The rate is an average: in a given minute it may be some percent lower.
  const rate = Math.ceil((1.05 * count) / (60 * minutes)) + 1
  const from = new Date(start).toISOString()
  return simulate(folder, count, ['--minutes', String(minutes), '--rate', String(rate), '--start', from])
}

/** The first `count` records; all if undefined. */
async function simulate(
  folder: string,
  count: number | undefined,
  choices: readonly string[],
): Promise<Traffic> {
  const file = `${folder}/messages.jsonl`
  const registry = `${folder}/registry.yaml`
  const truth = `${folder}/truth.jsonl`
  const outputs = ['--out', file, '--truth', truth, '--registry-out', registry]
  const { code, stderr } = await sigwatch(['simulate', ...choices, ...outputs])
  if (code !== 0) throw new Error(`simulate ended with ${code}:\n${stderr}`)
  const bytes = readFileSync(file)
  const records: { key: string; value: Buffer }[] = []
  let end = 0
  const times: number[] = []
  for (let n = 0; n < (count ?? Number.POSITIVE_INFINITY); n++) {
    const lf = bytes.indexOf(10, end)
    if (lf < 0 && count === undefined) break
    if (lf < 0) throw new Error(`simulate wrote ${n} records, ${count} are asked for`)
    const value = bytes.subarray(end, lf)
    const { from, ts } = fieldsOf(value)
    // Broken records may be far in the future.
    if (typeof ts === 'number') times.push(ts)
    records.push({ key: from, value })
    end = lf + 1
  }
  writeFileSync(file, bytes.subarray(0, end))
  const ends = times.slice(-100).sort((a, b) => a - b)
  const last = ends[ends.length >> 1] ?? 0
  const planted = readJsonl<PlantedEvent>(truth).filter(
    (line) => line.target !== undefined && line.to <= last - MINUTE,
  )
  return { records, file, registry, planted }
}

function fieldsOf(value: Buffer): { from: string; ts?: unknown } {
  try {
    const { from, ts } = JSON.parse(value.toString()) as { from?: unknown; ts?: unknown }
    return { from: typeof from === 'string' ? from : 'nobody', ts }
  } catch {
    return { from: 'nobody' }
  }
}
