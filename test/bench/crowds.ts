// False alerts of CAMPAIGN_BURST and PRIVATE_FANOUT on two lawful crowds: Double Eleven, when 2,000 shops advertise, and New Year's
// Eve, when people forward greetings.
//
//   npm run bench -- crowds [--shops 2000] [--people 6000] [--unfiled 0] [--seed 1] [--keep FOLDER]
//
// Shops send their own texts (corpus/writers, marketing) or ready-made ones of a shop platform to all customers within one or two
// hours, each from its own extension of one of twenty ports, filed except for the share `--unfiled`. Greetings are forwarded, changed
// or newly written, from thirty number series, to 5 to 60 acquaintances; one sender in a hundred writes to 150 to 300.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { WRITERS } from '../../scripts/sketch/corpus.ts'
import { RegistryHolder } from '../../src/detection/versions/registry-holder.ts'
import type { Alert } from '../../src/domain/alert.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { readCorpus } from '../../src/offline/training/corpus.ts'
import { fillSlots } from '../../src/offline/training/slots.ts'
import { readText } from '../../src/text/read-text.ts'
import { createRandom, type Random, shuffle } from '../../src/text/reader/random.ts'
import { GREETINGS, NAME_ENDS, NAME_STARTS, READY_MADE } from './crowd-texts.ts'

const { values: options } = parseArgs({
  options: {
    shops: { type: 'string', default: '2000' },
    people: { type: 'string', default: '6000' },
    unfiled: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
})

interface Row {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
}

interface Crowd {
  readonly rows: Row[]
  readonly registry?: object
}

/** Sending hours of shops, China time. */
const HOURS = [0, 8, 9, 10, 10, 11, 12, 14, 16, 18, 19, 20, 20, 20, 21, 22]
const DOUBLE_ELEVEN = Date.UTC(2026, 10, 10, 16)
const NEW_YEAR = Date.UTC(2026, 11, 31, 16)

/** Advertisements of the corpus, except those that name a brand. */
const shippedBrands = new RegistryHolder(undefined, () => {}).current
const advertisements = readdirSync(WRITERS)
  .flatMap((file) => readCorpus(join(WRITERS, file)).rows)
  .filter(({ label, text }) => label === 'marketing' && /\p{Script=Han}/u.test(text))
  .map(({ text }) => text.replace(/【[^】]*】/g, ''))
  .filter((text) => shippedBrands.brandMentions(readText(text).normalised.text).length === 0)

const mobile = (random: Random, series: string) => `${series}${String(random.below(10_000)).padStart(4, '0')}`
const skewed = (random: Random, median: number, most: number) =>
  Math.min(most, Math.round(median * Math.exp((random.next() + random.next() + random.next() - 1.5) * 1.8)))

function doubleEleven(random: Random, count: number): Crowd {
  const names = new Set<string>()
  while (names.size < count)
    names.add(random.pick(NAME_STARTS) + random.pick(NAME_STARTS) + random.pick(NAME_ENDS))
  const rows: Row[] = []
  const signatures: object[] = []
  for (const [i, name] of [...names].entries()) {
    const port = `10690${String(2_000_001 + (i % 20) * 37)}${String(i).padStart(4, '0')}`
    if (!random.chance(Number(options.unfiled)))
      signatures.push({ name, ports: [`${port}*`], scope: ['notice', 'marketing'] })
    const isReadyMade = random.chance(0.4)
    const texts = Array.from({ length: random.between(1, 3) }, () =>
      isReadyMade
        ? random.pick(READY_MADE)
        : `${random.pick(advertisements)}${random.chance(0.5) ? ' {shopUrl}' : ''} 拒收请回复R`,
    )
    for (const text of texts) {
      const filled = fillSlots(text.replaceAll('{shop}', name), random).replaceAll(
        '{shopUrl}',
        `https://s.shop-platform.cn/${i.toString(36)}`,
      )
      const begins = DOUBLE_ELEVEN + random.pick(HOURS) * HOUR + random.below(HOUR / MINUTE) * MINUTE
      const length = random.between(5, 40) * MINUTE
      const customers = skewed(random, 150, 5_000)
      for (let n = 0; n < customers; n++) {
        const to = mobile(random, `138${1000 + random.below(900)}`)
        const ts = Math.round(begins + length * random.next())
        rows.push({ id: '', ts, from: port, to, text: `【${name}】${filled}` })
      }
    }
  }
  return { rows, registry: { signatures } }
}

function newYearsEve(random: Random, count: number): Crowd {
  const series = Array.from({ length: 30 }, (_, i) => `13${500 + i * 7}${String(21 + i)}`)
  const people = [...new Set(Array.from({ length: count }, () => mobile(random, random.pick(series))))]
  const rows: Row[] = []
  for (const from of people) {
    const most = random.chance(0.01) ? random.between(150, 300) : Math.min(60, skewed(random, 16, 60))
    const others = Array.from({ length: most }, () => random.pick(people)).filter((to) => to !== from)
    const own = fillSlots(random.pick(GREETINGS), random)
    const way = random.next()
    const midnight = NEW_YEAR + (random.next() - 0.7) * 2 * HOUR
    for (const [i, to] of [...new Set(others)].entries()) {
      const greeting =
        way < 0.45 ? own : way < 0.75 ? changed(own, random) : fillSlots(random.pick(GREETINGS), random)
      const ts = Math.round(midnight + i * (4_000 + random.below(20_000)))
      rows.push({ id: '', ts, from, to, text: greeting })
    }
  }
  return { rows }
}

/** Adds a salutation or a name at the end, or reorders the sentences. */
function changed(greeting: string, random: Random): string {
  const parts = greeting.split(/(?<=[，。！])/u)
  const address = random.pick(['王哥，', '老同学，', '李姐：', '姑姑，', '兄弟，', '张老师，', ''])
  const end = random.pick(['——小陈', '老周全家敬上', '小刘拜年', '', ''])
  const [first, ...rest] = parts
  return `${address}${random.chance(0.5) ? shuffle(rest, random).join('') + first : greeting}${end}`
}

async function run(name: string, { rows, registry }: Crowd): Promise<void> {
  const folder = options.keep ? join(options.keep, name) : mkdtempSync(join(tmpdir(), `crowd-${name}-`))
  mkdirSync(folder, { recursive: true })
  const file = (base: string) => join(folder, base)
  rows.sort((a, b) => a.ts - b.ts)
  const out = createWriteStream(file('messages.jsonl'))
  for (const [i, row] of rows.entries())
    if (!out.write(`${JSON.stringify({ ...row, id: `${name}-${i}` })}\n`)) await once(out, 'drain')
  out.end()
  await finished(out)
  if (registry) writeFileSync(file('registry.yaml'), stringify(registry))
  const now = new Date(rows.at(-1)!.ts + MINUTE).toISOString()
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...['--import', 'tsx', join(import.meta.dirname, '../../src/main.ts')],
      ...['run', '--source', file('messages.jsonl'), '--alerts', file('alerts.jsonl'), '--now', now],
      ...(registry ? ['--registry', file('registry.yaml')] : []),
    ],
    { encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
  )
  if (status !== 0) throw new Error(stderr)
  const alerts = readFileSync(file('alerts.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Alert)
  const states = new Map<string, Set<string>>()
  const messages = new Map<string, number>()
  for (const { type, subject, data } of alerts) {
    const [reason] = data.reasons
    if (data.state && type.endsWith('raised'))
      states.set(reason!.code, (states.get(reason!.code) ?? new Set()).add(subject))
    if (!data.state) for (const { code } of data.reasons) messages.set(code, (messages.get(code) ?? 0) + 1)
  }
  console.log(`${name}: ${rows.length} messages`)
  for (const [code, targets] of [...states].sort())
    console.log(`  ${code.padEnd(20)} ${String(targets.size).padStart(6)} targets raised`)
  for (const [code, count] of [...messages].sort())
    console.log(`  ${code.padEnd(20)} ${String(count).padStart(6)} messages`)
}

const random = createRandom(Number(options.seed))
await run('double-eleven', doubleEleven(random, Number(options.shops)))
await run('new-years-eve', newYearsEve(random, Number(options.people)))
