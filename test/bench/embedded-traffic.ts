import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { createCast, registryOf, type Sender } from '../../src/offline/simulator/cast.ts'
import { forgery } from '../../src/offline/simulator/events.ts'
import { Random } from '../../src/offline/simulator/random.ts'
import { simulate } from '../../src/offline/simulator/simulate.ts'

/** Version of the traffic files: increase it when a kind of traffic changes, so that old files are not reused. */
const VERSION = 1
const SEED = 1
/** Messages per second of event time. */
const DENSE = 5_000
const QUIET = 60
/** Start of the scenario, 2026-11-10 10:00 in China. */
const START = Date.UTC(2026, 10, 10, 2)

/** The needed fields of a simulated record. */
interface Row {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly part?: unknown
}

export const KINDS = {
  dense: `${DENSE} messages a second of event time; nearly half of them repeat a text`,
  quiet: `${QUIET} messages a second of event time`,
  different: `${DENSE} messages a second, each text once`,
  alike: `${DENSE} messages a second from one sender, all with one text`,
  fraud: `${DENSE} messages a second, every one a forged brand with a foreign link`,
} as const
export type Kind = keyof typeof KINDS

/** Kinds in the comma-separated `--only`; exits the process if one is unknown. */
export function kindsOf(only: string): readonly Kind[] {
  const asked = only.split(',')
  const unknown = asked.find((kind) => !(kind in KINDS))
  if (unknown === undefined) return asked as Kind[]
  console.error(`--only: ${unknown} is none of ${Object.keys(KINDS).join(', ')}`)
  process.exit(2)
}

/** Files of one kind of traffic: input records, and the registry of their senders. */
export interface Traffic {
  readonly messages: string
  readonly registry: string
  readonly count: number
  /** Share of records whose text occurred in an earlier one. */
  readonly repeats: number
}

/** The first `count` records of a kind, generated once and kept in the temporary folder. */
export async function trafficOf(kind: Kind, count: number): Promise<Traffic> {
  const folder = join(tmpdir(), 'sigwatch-bench-traffic')
  await mkdir(folder, { recursive: true })
  const base = join(folder, `v${VERSION}-${kind}-${count}`)
  const paths = { messages: `${base}.jsonl`, registry: `${base}.yaml` }
  const told = `${base}.json`
  if (!existsSync(told)) {
    const { rows, cast } = MADE[kind](count)
    writeFileSync(paths.messages, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    writeFileSync(paths.registry, stringify(registryOf(cast)))
    const repeats = 1 - new Set(rows.map(({ text }) => text)).size / rows.length
    writeFileSync(`${told}.new`, JSON.stringify({ count: rows.length, repeats }))
    renameSync(`${told}.new`, told)
  }
  const { default: numbers } = (await import(told, { with: { type: 'json' } })) as {
    default: Pick<Traffic, 'count' | 'repeats'>
  }
  return { ...paths, ...numbers }
}

interface Made {
  readonly rows: readonly Row[]
  readonly cast: readonly Sender[]
}

const MADE: Readonly<Record<Kind, (count: number) => Made>> = {
  dense: (count) => lawful(count, DENSE),
  quiet: (count) => lawful(count, QUIET),
  different(count) {
    // Draw more and drop repeated texts, and also all parts of messages, which would have to stay together.
    const { rows, cast } = lawful(count * 3, 3 * DENSE)
    const seen = new Set<string>()
    const first = rows.filter(({ text, part }) => {
      if (part !== undefined || seen.has(text)) return false
      seen.add(text)
      return true
    })
    return { rows: first.slice(0, count), cast }
  },
  alike(count) {
    const { rows, cast } = lawful(count, DENSE)
    const one = rows.find(({ text, part }) => part === undefined && /拒收|退订/.test(text))
    if (!one) throw new TypeError('no advertisement in the traffic')
    const { from, text } = one
    return { rows: rows.map(({ id, ts, to }) => ({ id, ts, from, to, text })), cast }
  },
  fraud(count) {
    const random = new Random(SEED)
    const cast = createCast(random)
    const minutes = Math.ceil(count / DENSE / 60)
    const at = { from: START, to: START + minutes * 60_000, perMinute: DENSE * 30 }
    const plants = ['京东', '建设银行'].map((name) =>
      forgery(cast.find(({ signature }) => signature === name)!, at, random),
    )
    const rows: Row[] = []
    for (let minute = START; minute < at.to; minute += 60_000) {
      const drafts = plants.flatMap((plant) => plant.drafts(minute, random))
      drafts.sort((a, b) => a.ts - b.ts)
      for (const { ts, from, to, text } of drafts) rows.push({ id: `f${rows.length}`, ts, from, to, text })
    }
    return { rows: rows.slice(0, count), cast }
  },
}

/** Ordinary traffic without planted events. */
function lawful(count: number, rate: number): Made {
  const minutes = Math.ceil((count * 1.1) / rate / 60)
  const simulation = simulate({ scenario: 'throughput', seed: SEED, minutes, rate, start: START })
  const rows: Row[] = []
  for (const minute of simulation.minutes()) {
    for (const { value } of minute) rows.push(JSON.parse(String(value)) as Row)
    if (rows.length >= count) break
  }
  return { rows: rows.slice(0, count), cast: simulation.cast }
}

/** The records, one JSON object per line. */
export function linesOfTraffic({ messages }: Traffic): string[] {
  return readFileSync(messages, 'utf8').trimEnd().split('\n')
}
