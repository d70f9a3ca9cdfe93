import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** libfaketime, which shifts the wall clock of a process and leaves its monotonic clock alone; undefined: not installed. */
export const faketimeLibrary: string | undefined = readdirSync('/usr/lib', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
  .map(({ name }) => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'))
  .find((path) => existsSync(path))

const MARGIN = 200
/** libfaketime looks at its file again after so long, s. */
const LOOKS_EVERY = 1

/** A wall clock that is wrong by so much, and may jump: for any process that is started with `env`. */
export class WrongClock {
  readonly env: Readonly<Record<string, string>>
  readonly #folder = mkdtempSync(join(tmpdir(), 'sigwatch-clock-'))
  readonly #file = join(this.#folder, 'offset')

  /** `seconds` that it is ahead; negative: behind. Throws without libfaketime. */
  constructor(seconds: number) {
    if (faketimeLibrary === undefined)
      throw new Error('libfaketime is not installed: apt-get install faketime')
    this.#write(seconds)
    this.env = {
      LD_PRELOAD: faketimeLibrary,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: String(LOOKS_EVERY),
      DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** Lets the clock jump; resolves when the process has seen it. */
  async jump(seconds: number): Promise<void> {
    this.#write(seconds)
    await new Promise((resolve) => setTimeout(resolve, LOOKS_EVERY * 1000 + MARGIN))
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #write(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  }
}
