import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { SigwatchError } from '../../domain/errors.ts'
import { OWNER_ONLY } from '../../domain/owner-only.ts'
import type { ComparisonSnapshot } from './comparison.ts'
import type { PartitionRange } from './ranges.ts'
import type { Versions } from './report.ts'

/** ms. */
const SAVE_EVERY = 10_000

/** Where a replay stands. */
export interface Checkpoint {
  readonly format: 1
  /** What was asked for: a replay of something else does not go on from here. */
  readonly fingerprint: string
  /** Of the sides. */
  readonly versions: readonly Versions[]
  /** Of a topic: the range as it was when the replay began. */
  readonly ranges?: readonly PartitionRange[]
  /** Number of the next record in the order, and those before it whose message was not judged yet. */
  readonly next: number
  readonly open: readonly number[]
  /** Event time that it has come to, epoch ms. */
  readonly eventTime: number
  readonly comparison: ComparisonSnapshot
  /** Bytes of the output files that belong to it. */
  readonly outputs: Readonly<Record<string, number>>
}

/** The checkpoint of the file; undefined: there is none yet. Throws USAGE when it belongs to another replay. */
export function readCheckpoint(file: string, fingerprint: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined
  let checkpoint: Checkpoint
  try {
    checkpoint = JSON.parse(readFileSync(file, 'utf8')) as Checkpoint
  } catch (cause) {
    throw usage(`${file} cannot be read as a checkpoint of replay: ${(cause as Error).message}`, cause)
  }
  if (checkpoint.format !== 1) throw usage(`${file} is no checkpoint of this version`)
  if (checkpoint.fingerprint !== fingerprint) {
    throw usage(
      `${file} belongs to a replay with other options, versions or files: repeat them, or remove the file`,
    )
  }
  return checkpoint
}

/** Writes the checkpoint, where there is a new one, now and then and at an interruption, and removes it at the end. */
export class Saver {
  readonly #file: string | undefined
  readonly #checkpoint: () => Checkpoint | undefined
  #savedAt = performance.now()

  constructor(file: string | undefined, checkpoint: () => Checkpoint | undefined) {
    this.#file = file
    this.#checkpoint = checkpoint
  }

  maybe(): void {
    if (performance.now() - this.#savedAt >= SAVE_EVERY) this.#save()
  }

  end(interrupted: boolean): void {
    if (interrupted) this.#save()
    else if (this.#file !== undefined) rmSync(this.#file, { force: true })
  }

  #save(): void {
    this.#savedAt = performance.now()
    if (this.#file === undefined) return
    const checkpoint = this.#checkpoint()
    if (checkpoint) writeCheckpoint(this.#file, checkpoint)
  }
}

/** Whole or not at all. */
function writeCheckpoint(file: string, checkpoint: Checkpoint): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(checkpoint), { mode: OWNER_ONLY })
    renameSync(`${file}.new`, file)
  } catch (cause) {
    throw usage(`cannot write ${file}: ${(cause as Error).message}`, cause)
  }
}

function usage(message: string, cause?: unknown): SigwatchError {
  return new SigwatchError('USAGE', `--resume: ${message}`, { cause })
}
