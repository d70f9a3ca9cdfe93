import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Messages not measured: meanwhile the program starts, and most of its code is compiled. */
const WARM = 60_000
/** Later than all traffic. */
const NOW = '2026-11-11T00:00:00+08:00'

/** Preloaded: samples the CPU time and the size of the verdicts written so far. */
const PROBE = `const { statSync, writeFileSync } = require('node:fs')
const { BENCH_VERDICTS: verdicts, BENCH_REPORT: report } = process.env
const samples = []
const note = () => {
  const { user, system } = process.cpuUsage()
  samples.push([user + system, user, statSync(verdicts, { throwIfNoEntry: false })?.size ?? 0])
}
setInterval(note, 20).unref()
process.on('exit', () => {
  note()
  writeFileSync(report, JSON.stringify({ samples, maxRSS: process.resourceUsage().maxRSS }))
})`

interface Report {
  /** CPU time (user and system) and user time of all threads, µs, and bytes of verdicts so far. */
  readonly samples: readonly (readonly [cpu: number, user: number, bytes: number])[]
  /** Peak resident memory, kB. */
  readonly maxRSS: number
}

/** CPU time per message, µs, after the first `WARM`. */
interface Used {
  readonly cpu: number
  readonly user: number
  readonly maxRSS: number
}

/** Runs the built program on files of input records and measures its CPU time. */
export class EmbeddedRun {
  readonly folder = mkdtempSync(join(tmpdir(), 'sigwatch-bench-'))
  readonly #main: string

  constructor(main: string) {
    this.#main = resolve(main)
    writeFileSync(this.file('probe.cjs'), PROBE)
  }

  file(name: string): string {
    return join(this.folder, name)
  }

  close(): void {
    rmSync(this.folder, { recursive: true })
  }

  /** `options`: of the command; `flags`: of Node. */
  measure(messages: string, options: readonly string[], flags: readonly string[] = []): Used {
    const verdicts = this.file('verdicts.jsonl')
    const outputs = ['alerts', 'verdicts', 'dead-letters'].flatMap((name) => [
      `--${name}`,
      this.file(`${name}.jsonl`),
    ])
    // Verdicts of the previous run would be counted.
    rmSync(verdicts, { force: true })
    const probed = [...flags, '--require', this.file('probe.cjs'), this.#main]
    const { status, stderr } = spawnSync(
      process.execPath,
      [...probed, 'run', '--source', messages, '--now', NOW, ...options, ...outputs],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, BENCH_REPORT: this.file('report.json'), BENCH_VERDICTS: verdicts },
        cwd: this.folder,
      },
    )
    if (status !== 0) throw new Error(`sigwatch run ended with ${status}: ${String(stderr).slice(-2000)}`)
    const { samples, maxRSS } = JSON.parse(readFileSync(this.file('report.json'), 'utf8')) as Report
    return { ...ofOne(samples, readFileSync(verdicts)), maxRSS }
  }
}

function ofOne(
  samples: Report['samples'],
  verdicts: Buffer,
): { readonly cpu: number; readonly user: number } {
  let lines = 0
  let at = 0
  const upTo = (bytes: number) => {
    for (; at < bytes; at++) if (verdicts[at] === 10) lines++
    return lines
  }
  const counted = samples.map(([cpu, user, bytes]) => ({ cpu, user, count: upTo(bytes) }))
  const first = counted.find(({ count }) => count >= WARM)!
  const last = counted.at(-1)!
  const messages = last.count - first.count
  return { cpu: (last.cpu - first.cpu) / messages, user: (last.user - first.user) / messages }
}
