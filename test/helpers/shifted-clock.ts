import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './service.ts'

/** Of Debian's package `faketime`. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`,
)

/** Whether processes can be given a wall clock of their own here. */
export function shiftedClockAvailable(): boolean {
  return LIBRARIES.some(existsSync)
}

/** The wall clock of child processes, off by an offset that may change while they run; their monotonic clock is right. */
export class ShiftedClock {
  /** Of the processes that are to have it. */
  readonly env: Environment
  readonly #folder = mkdtempSync(join(tmpdir(), 'sigwatch-clock-'))
  readonly #file = join(this.#folder, 'offset')

  /** The offset in ms; positive: the clock is fast. */
  constructor(offset: number) {
    const library = LIBRARIES.find(existsSync)
    if (library === undefined) throw new Error('no wall clock can be shifted here: apt-get install faketime')
    this.set(offset)
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // The file is read again once a second.
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  }

  /** Takes effect within a second. */
  set(offset: number): void {
    writeFileSync(this.#file, `${offset < 0 ? '-' : '+'}${Math.abs(offset) / 1_000}\n`)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
