import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { optionFault, orUsage } from '../../domain/errors.ts'
import { OWNER_ONLY } from '../../domain/owner-only.ts'
import type { ComparisonSnapshot } from './comparison.ts'
import type { PartitionRange } from './ranges.ts'
import type { Versions } from './report.ts'

/** Minimum interval between checkpoints, ms. */
const SAVE_EVERY = 10_000

/** State from which an interrupted replay resumes. */
export interface Checkpoint {
  readonly format: 1
  /** Hash of the options; a replay with other options cannot resume from here. */
  readonly fingerprint: string
  /** Versions of the sides. */
  readonly versions: readonly Versions[]
  /** For topics: the ranges determined when the replay began. */
  readonly ranges?: readonly PartitionRange[]
  /** Index of the next record in the order, and of earlier ones whose message has not been judged yet. */
  readonly next: number
  readonly open: readonly number[]
  /** Event time reached, epoch ms. */
  readonly eventTime: number
  readonly comparison: ComparisonSnapshot
  /** Length of each output file at the checkpoint, bytes. */
  readonly outputs: Readonly<Record<string, number>>
}

/** Reads the checkpoint; undefined if there is none yet. Throws USAGE if it belongs to another replay. */
export function readCheckpoint(file: string, fingerprint: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined
  const checkpoint = orUsage(
    `--resume: ${file} cannot be read as a checkpoint of replay`,
    () => JSON.parse(readFileSync(file, 'utf8')) as Checkpoint,
  )
  if (checkpoint.format !== 1) throw optionFault('--resume', `${file} is not a checkpoint of this version`)
  if (checkpoint.fingerprint !== fingerprint) {
    throw optionFault(
      '--resume',
      `${file} belongs to a replay with other options, versions or files: repeat them, or remove the file`,
    )
  }
  return checkpoint
}

/** Writes new checkpoints at intervals and on interruption, and removes the file at the end. */
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

/** Writes atomically. */
function writeCheckpoint(file: string, checkpoint: Checkpoint): void {
  orUsage(`--resume: cannot write ${file}`, () => {
    writeFileSync(`${file}.new`, JSON.stringify(checkpoint), { mode: OWNER_ONLY })
    renameSync(`${file}.new`, file)
  })
}
