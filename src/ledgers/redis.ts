import { createHash } from 'node:crypto'
import type { ConsentChange, ConsentLedger } from '../domain/ports.ts'
import type { RedisLink } from '../redis/client.ts'
import { loadScript, type Script, type ScriptCall } from '../redis/script.ts'
import { changesOf, mergeChanges } from './memory.ts'

export interface RedisLedgerOptions {
  readonly link: RedisLink
  /** Begins every key: the deployment. No braces. */
  readonly prefix: string
  /** Hashes the pairs are spread over: at the default each stays in the compact encoding (128 fields) up to 67 million pairs. */
  readonly slots?: number
  /** Time that applying rows may take, ms: a base file of millions is read in pieces. */
  readonly applyBudget?: number
}

const SHARDS = 64
const DAY = 86_400
const MONTH = 30 * DAY * 1000
const REMEMBERED_MONTHS = 3
const ASKED_MONTHS = 6
/** Pairs of one script call, so that no call holds the server for long. */
const CHUNK = 500

const script = (name: string) => loadScript(new URL(`./${name}.lua`, import.meta.url), name)
const SCRIPTS = {
  merge: script('merge-consents'),
  read: script('read-fields'),
  remember: script('remember-sent'),
  firstAsked: script('first-asked'),
}

interface Place {
  readonly shard: number
  readonly slot: number
  /** 16 characters for 96 bits of the pair. */
  readonly field: string
}

/**
 * The consent ledger in Redis. A pair is a field of a small hash under 96 bits of its SHA-256 and two changes are at
 * most 20 characters, so a row stays within the compact encoding. What expires, expires by whole hashes of a month.
 */
export function redisLedger({
  link,
  prefix,
  slots = 1 << 19,
  applyBudget = 10_000,
}: RedisLedgerOptions): ConsentLedger {
  function place(a: string, b: string): Place {
    const digest = createHash('sha256').update(`${a.length}:${a}${b}`).digest()
    const bits = digest.readUInt32BE(12)
    return { shard: bits % SHARDS, slot: bits % slots, field: digest.toString('base64', 0, 12) }
  }
  const key = (kind: string, { shard, slot }: Place, month?: number) =>
    `{${prefix}:ledger:${shard}}:${kind}${month === undefined ? '' : `:${month}`}:${slot.toString(36)}`

  /** One call a shard and chunk; `args` of row i follow `head`. Results in the order of the rows. */
  async function run<T>(
    of: Script,
    rows: readonly { readonly place: Place; readonly key: string; readonly args: readonly string[] }[],
    head: readonly string[] = [],
    budget?: number,
  ): Promise<T[]> {
    const calls: ScriptCall[] = []
    const order: number[][] = []
    const byShard = new Map<number, number[]>()
    rows.forEach((row, i) => {
      const list = byShard.get(row.place.shard)
      if (list) list.push(i)
      else byShard.set(row.place.shard, [i])
    })
    for (const indexes of byShard.values()) {
      for (let from = 0; from < indexes.length; from += CHUNK) {
        const part = indexes.slice(from, from + CHUNK)
        order.push(part)
        calls.push({
          script: of,
          keys: part.map((i) => rows[i]!.key),
          args: [...head, ...part.flatMap((i) => rows[i]!.args)],
        })
      }
    }
    if (calls.length === 0) return []
    const replies = await link.run(calls, budget)
    const out = new Array<T>(rows.length)
    for (const [c, reply] of replies.entries()) {
      if (!Array.isArray(reply)) continue
      for (const [j, i] of order[c]!.entries()) out[i] = reply[j] as T
    }
    return out
  }

  return {
    async lookup(pairs) {
      const rows = pairs.map(({ signature, to }) => {
        const at = place(signature, to)
        return { place: at, key: key('consent', at), args: [at.field] }
      })
      return (await run<string>(SCRIPTS.read, rows)).map(unpack)
    },

    async apply(changes) {
      const rows = changes.map((row) => {
        const at = place(row.signature, row.to)
        return {
          place: at,
          key: key('consent', at),
          args: [at.field, pack(mergeChanges([], changesOf(row)))],
        }
      })
      const step = CHUNK * SHARDS
      for (let from = 0; from < rows.length; from += step) {
        await run(SCRIPTS.merge, rows.slice(from, from + step), [], applyBudget)
      }
    },

    async remember(sent) {
      const rows = sent.map(({ port, to, signature, ts }) => {
        const at = place(port, to)
        return { place: at, key: key('sent', at, monthOf(ts)), args: [at.field, signature, ts.toString(36)] }
      })
      await run(SCRIPTS.remember, rows, [String((REMEMBERED_MONTHS + 1) * 30 * DAY)])
    },

    async sentBy(port, to, ts) {
      const at = place(port, to)
      const months = Array.from({ length: REMEMBERED_MONTHS + 1 }, (_, back) => monthOf(ts) - back)
      const rows = months.map((month) => ({ place: at, key: key('sent', at, month), args: [at.field] }))
      const found = new Set<string>()
      for (const packed of await run<string>(SCRIPTS.read, rows)) {
        if (packed === '') continue
        for (const [signature, last, first] of JSON.parse(packed) as [string, string, string?][]) {
          const lastAt = Number.parseInt(last, 36)
          const firstAt = Number.parseInt(first ?? last, 36)
          if (firstAt <= ts && ts - lastAt < REMEMBERED_MONTHS * MONTH) found.add(signature)
        }
      }
      return [...found].slice(0, 4)
    },

    async asked(requests) {
      const rows = requests.map(({ signature, to, ts }) => ({
        at: place(signature, to),
        month: monthOf(ts),
        ts,
      }))
      const earlier = await Promise.all(
        Array.from({ length: ASKED_MONTHS }, (_, back) =>
          run<string>(
            SCRIPTS.read,
            rows.map(({ at, month }) => ({
              place: at,
              key: key('asked', at, month - back - 1),
              args: [at.field],
            })),
          ),
        ),
      )
      const own = await run<string>(
        SCRIPTS.firstAsked,
        rows.map(({ at, month, ts }) => ({
          place: at,
          key: key('asked', at, month),
          args: [at.field, ts.toString(36)],
        })),
        [String((ASKED_MONTHS + 1) * 30 * DAY)],
      )
      return rows.map(({ ts }, i) => {
        const times = [own[i], ...earlier.map((month) => month[i])].filter((t) => t !== undefined && t !== '')
        const first = Math.min(...times.map((t) => Number.parseInt(t as string, 36)))
        return Number.isFinite(first) && first < ts && ts - first <= ASKED_MONTHS * MONTH ? first : undefined
      })
    },

    unready: () => [],
    async close() {},
  }
}

function monthOf(ts: number): number {
  return Math.floor(ts / MONTH)
}

const MARKS = { in: 'I', out: 'O' } as const

function pack(changes: readonly ConsentChange[]): string {
  return changes
    .map(({ ts, state, proof }) => `${ts.toString(36)}${proof === 'default' ? 'D' : MARKS[state]}`)
    .join(',')
}

/** `proof` survives only as `default`, which is no consent: how others were given is for the books, not for verdicts. */
function unpack(packed: string): ConsentChange[] {
  if (!packed) return []
  return packed.split(',').map((change) => {
    const mark = change.at(-1)
    const ts = Number.parseInt(change.slice(0, -1), 36)
    if (mark === 'O') return { state: 'out', ts }
    return mark === 'D' ? { state: 'in', ts, proof: 'default' } : { state: 'in', ts }
  })
}
