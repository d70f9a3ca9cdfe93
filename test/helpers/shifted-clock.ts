import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './service.ts'

const SOURCE = join(import.meta.dirname, 'shift-clock.c')
const NANOSECONDS_A_MS = 1_000_000

/** Whether processes can be given a wall clock of their own here: on Linux, with a C compiler. */
export function shiftedClockAvailable(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return process.platform === 'linux'
  } catch {
    return false
  }
}

/**
 * The wall clock of child processes, off by an offset that may change while they run. Their monotonic clock is right. A
 * preloaded library does it: that of the package faketime stops a Redis server at its start.
 */
export class ShiftedClock {
  /** Of the processes that are to have it. */
  readonly env: Environment
  readonly #folder = mkdtempSync(join(tmpdir(), 'sigwatch-clock-'))
  readonly #file: number

  /** The offset in ms; positive: the clock is fast. */
  constructor(offset: number) {
    const library = join(this.#folder, 'shift-clock.so')
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE])
    const file = join(this.#folder, 'offset')
    this.#file = openSync(file, 'w')
    this.set(offset)
    this.env = { LD_PRELOAD: library, SHIFT_CLOCK: file }
  }

  /** Takes effect at once. */
  set(offset: number): void {
    const bytes = new BigInt64Array([BigInt(Math.round(offset * NANOSECONDS_A_MS))])
    writeSync(this.#file, bytes, 0, bytes.byteLength, 0)
  }

  remove(): void {
    closeSync(this.#file)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
