import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RegistryChange } from '../../src/detection/registry/load.ts'
import { RegistryHolder } from '../../src/detection/versions/registry-holder.ts'
import { collectGarbage } from '../helpers/collect-garbage.ts'
import { lineOf, manyFiling, manyName, manyRow, writeManySignatures } from './many-signatures.ts'

/** A registry of a million signatures: loaded from a file and from the topic, changed, and reloaded. */
const SIGNATURES = 1_000_000
const PIECE = 5_000

async function memory(): Promise<string> {
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await sleep(100)
  }
  const { heapUsed, external } = process.memoryUsage()
  return `${(heapUsed / 1e6).toFixed(0)} MB of heap, ${(external / 1e6).toFixed(0)} MB outside`
}

function change(n: number): RegistryChange {
  const row = {
    name: manyName(n),
    consent: 'unless-refused' as const,
    campaigns: [],
    filings: [manyFiling(n), manyFiling(n + 1)],
  }
  return { op: 'put', kind: 'signature', key: row.name, row }
}

const folder = await mkdtemp(join(tmpdir(), 'sigwatch-registry-'))
const file = join(folder, 'registry.jsonl')
await writeManySignatures(file, SIGNATURES)

console.log(`without a registry: ${await memory()}`)
let began = performance.now()
const seconds = () => ((performance.now() - began) / 1_000).toFixed(1)
const holder = new RegistryHolder(file, () => {})
console.log(`${SIGNATURES} signatures of a file: ${seconds()} s; ${await memory()}`)

let slowest = 0
function timed(work: () => void): void {
  const at = performance.now()
  work()
  slowest = Math.max(slowest, performance.now() - at)
}
for (let n = 0; n < 20; n++) timed(() => holder.apply([change(n)]))
console.log(`one change of the topic: ${slowest.toFixed(1)} ms at most`)
slowest = 0
began = performance.now()
for (let n = 0; n < SIGNATURES; n += PIECE)
  timed(() => holder.apply(Array.from({ length: PIECE }, (_, k) => change(n + k))))
console.log(
  `as many of the topic over them, ${PIECE} at once: ${seconds()} s, ${slowest.toFixed(0)} ms at most; ${await memory()}`,
)

await appendFile(file, lineOf(manyRow(SIGNATURES)))
let [last, longest] = [performance.now(), 0]
const tick = setInterval(() => {
  longest = Math.max(longest, performance.now() - last)
  last = performance.now()
}, 5)
began = performance.now()
const outcome = await holder.reload()
clearInterval(tick)
console.log(`the file read again (${outcome}): ${seconds()} s; longest stop ${longest.toFixed(0)} ms`)
await rm(folder, { recursive: true })
