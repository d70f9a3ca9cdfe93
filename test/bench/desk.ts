/**
 * Latency of desk pages on a planted archive of 30 days: 20 analysts open a page every five seconds while an archiver writes
 * 5,000 rows per second, all on this machine. Prints milliseconds by page as JSON.
 * `npm run bench -- desk [--verdicts 5000000] [--alerts 500000] [--seconds 45]`; SIGWATCH_BENCH_ARCHIVE: URL of a database that
 * is planted if it is empty, by a superuser, and kept.
 */
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openClient, withClient } from '../../src/analyst/archive/database.ts'
import { DAILY } from '../../src/analyst/archive/days.ts'
import { openOffsets } from '../../src/analyst/archive/offsets.ts'
import { Partitions } from '../../src/analyst/archive/partitions.ts'
import { ArchiveReader } from '../../src/analyst/archive/reader.ts'
import { rollUp } from '../../src/analyst/archive/rollups.ts'
import { rowOf } from '../../src/analyst/archive/rows.ts'
import { ArchiveWriter } from '../../src/analyst/archive/writer.ts'
import { DAY, SECOND } from '../../src/domain/time.ts'
import { messageAlertAt, verdictAt } from '../helpers/archive-records.ts'
import { type DeskClient, deskClient, startDeskOn } from '../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts'
import { BIG_CASE, isPlanted, plant } from './desk-plant.ts'

const ANALYSTS = 20
const EVERY = 5 * SECOND
const ROWS_A_SECOND = 5000
const TOKEN = 'a-token-of-lin-of-the-bench'
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    verdicts: { type: 'string', default: '5000000' },
    alerts: { type: 'string', default: '500000' },
    seconds: { type: 'string', default: '45' },
  },
})
const [verdicts, alerts, seconds] = [options.verdicts, options.alerts, options.seconds].map(Number) as [
  number,
  number,
  number,
]

/** Writes rows while the benchmark runs, one alert per ten verdicts, and updates the sums. */
async function write(url: string): Promise<void> {
  const client = await openClient(url, 'bench archive')
  const upkeep = await openClient(url, 'bench upkeep')
  const place = { topic: `bench-${Date.now()}`, partition: 0 }
  await openOffsets(client, [{ ...place, startOffset: 0, endOffset: 1e9 }])
  await new Partitions(180 * DAY).ensure(
    client,
    DAILY.map((table) => ({ table, ts: Date.now() })),
  )
  const writer = new ArchiveWriter(client)
  let offset = 0
  const rowsOf = (n: number) =>
    Array.from({ length: n }, (_, i) => {
      const id = `${place.topic}-${offset + i}`
      const isAlert = i % 11 === 0
      const value = isAlert ? messageAlertAt(id, Date.now(), i) : verdictAt(id, Date.now())
      const options = { sample: 1, tokenise: (to: string) => to }
      const row = rowOf(isAlert ? 'alerts' : 'verdicts', Buffer.from(JSON.stringify(value)), options, {
        key: null,
        at: 0,
      })!
      return { ...row, offset: offset + i }
    })
  void (async () => {
    for (;;) {
      await rollUp(upkeep, 20 * SECOND)
      await sleep(10 * SECOND)
    }
  })()
  const began = performance.now()
  for (;;) {
    const rows = rowsOf(ROWS_A_SECOND)
    await writer.write([{ ...place, from: offset, to: offset + rows.length, rows, refused: [] }])
    offset += rows.length
    process.send?.(offset / ((performance.now() - began) / 1000))
    await sleep(Math.max(0, (offset / ROWS_A_SECOND) * 1000 - (performance.now() - began)))
  }
}

/** Pages and their relative frequencies. */
async function pagesOf(
  archive: ArchiveReader,
  user: DeskClient,
): Promise<readonly (readonly [string, string, number])[]> {
  const [alert] = await archive.ask<{ id: string }>(
    "SELECT id FROM alert WHERE ts < now() - interval '1 hour' ORDER BY ts DESC LIMIT 1",
    [],
  )
  const found = async (q: string) => (await user.post('lin', '/find', { q })).headers.get('location')!
  const week = `from=${Date.now() - 7 * DAY}&to=${Date.now()}`
  return [
    ['queue', '/queue', 4],
    ['case', '/queue/case7', 4],
    ['case of a fifth of the open alerts', `/queue/${BIG_CASE}`, 2],
    ['overview', '/overview', 3],
    ['overview of 7 days', `/overview?${week}`, 1],
    ['search', '/', 1],
    ['complaints', '/complaints', 1],
    ['find', await found('商户7 action:block'), 1],
    ['find without a hit', await found('zzqqxx last:30d'), 1],
    ['find by feedback', await found('by:nobody last:7d'), 1],
    ['alert', `/case/${alert!.id}`, 2],
    ['signature', `/signature/${encodeURIComponent('商户7')}`, 1],
    ['enterprise', '/enterprise/sp7', 1],
    ['brand', '/brand/brand7', 1],
  ]
}

async function serve(server: PostgresServer | undefined, url: string): Promise<void> {
  const archive = await ArchiveReader.open(url, 'bench desk')
  const desk = await startDeskOn(archive, { logins: [{ name: 'lin', token: TOKEN, may: 'judge' }] })
  const user = deskClient(() => desk.port)
  await user.login('lin', TOKEN)
  const pages = await pagesOf(archive, user)
  const often = pages.flatMap(([name, path, n]) => Array.from({ length: n }, () => ({ name, path })))
  const writer = fork(import.meta.filename, ['write', url], { execArgv: process.execArgv })
  let rowsASecond = 0
  writer.on('message', (rate) => {
    rowsASecond = Number(rate)
  })
  await new Promise((resolve) => writer.once('message', resolve))
  const times = new Map<string, number[]>()
  const failed = new Map<string, number>()
  const end = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: ANALYSTS }, async (_, analyst) => {
      await sleep((analyst * EVERY) / ANALYSTS)
      for (let n = analyst * 7; performance.now() < end; n += 5) {
        const { name, path } = often[n % often.length]!
        const began = performance.now()
        const answer = await user.get('lin', path)
        const text = await answer.text()
        const took = performance.now() - began
        if (answer.status !== 200) {
          failed.set(name, (failed.get(name) ?? 0) + 1)
          process.stderr.write(
            `${path}: ${answer.status} ${/<h1>.*/.exec(text)?.[0].replace(/<[^>]*>/g, ' ')}\n`,
          )
        }
        times.set(name, [...(times.get(name) ?? []), took])
        await sleep(Math.max(0, EVERY - took))
      }
    }),
  )
  writer.kill()
  const of = (all: readonly number[]) => {
    const sorted = all.toSorted((a, b) => a - b)
    const at = (share: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!)
    return { pages: all.length, p50: at(0.5), p95: at(0.95), most: at(1) }
  }
  const all = {
    all: of([...times.values()].flat()),
    ...Object.fromEntries(pages.map(([name]) => [name, of(times.get(name) ?? [0])])),
  }
  process.stdout.write(
    `${JSON.stringify({ verdicts, alerts, rowsASecond: Math.round(rowsASecond), failed: Object.fromEntries(failed), ...all }, null, 1)}\n`,
  )
  await desk.close()
  await archive.close()
  server?.stop()
}

/** Whether there is a planted archive; throws for another one and for one that was planted in part. */
function hasArchive(url: string): Promise<boolean> {
  return withClient(url, 'bench', async (client) => {
    const { rows } = await client.query<{ found: string | null }>("SELECT to_regclass('alert') AS found")
    if (rows[0]!.found === null) return false
    if (await isPlanted(client)) return true
    throw new Error(
      'SIGWATCH_BENCH_ARCHIVE has tables that were not planted to the end: name an empty database',
    )
  })
}

if (positionals[0] === 'write') await write(positionals[1]!)
const kept = process.env.SIGWATCH_BENCH_ARCHIVE
const server = kept === undefined ? await startPostgres() : undefined
const url = kept ?? server!.url
if (!(await hasArchive(url))) {
  const began = performance.now()
  const say = (what: string) =>
    process.stderr.write(`${Math.round((performance.now() - began) / 1000)} s: ${what}\n`)
  await plant(url, { verdicts, alerts, feedback: alerts / 5, complaints: 60_000 }, say)
  say('planted')
}
await serve(server, url)
process.exit(0)
