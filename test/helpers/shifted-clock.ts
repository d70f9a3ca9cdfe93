import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './service.ts'

const SOURCE = join(import.meta.dirname, 'shift-clock.c')
const NANOSECONDS_A_MS = 1_000_000

/** Whether the wall clock of processes can be shifted: requires Linux and a C compiler. */
export function shiftedClockAvailable(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return process.platform === 'linux'
  } catch {
    return false
  }
}

/**
 * Shifts the wall clock of child processes by an offset that may change while they run; their monotonic clock is unchanged.
 * Uses its own preloaded library, because a Redis server does not start under that of the package faketime.
 */
export class ShiftedClock {
  /** Environment of the processes to shift. */
  readonly env: Environment
  readonly #folder = mkdtempSync(join(tmpdir(), 'sigwatch-clock-'))
  readonly #file: number

  /** `offset`: ms; positive if the clock is fast. */
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
