import { randomUUID } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { faultOf } from '../detection/versions/classifier-holder.ts'
import { MODEL_FILES } from '../detection/versions/model-files.ts'
import { orUsage, SigwatchError } from '../domain/errors.ts'
import { openClassifier } from '../text/reader/classifier.ts'
import { copyHeads } from '../text/reader/heads.ts'

export interface Promotion {
  /** `<name>@<version>` of the new live model, and of the previous one. */
  readonly promoted: string
  readonly before: string
  /** Where the previous model is; promote it to roll back. */
  readonly previous: string
}

/**
 * Replaces the live model as a whole. If it is a link, the link is pointed to the candidate; otherwise the folder is replaced
 * by a copy and kept as `<live>.previous`. Running services reload it on their own. Rejects, with nothing changed, for a
 * candidate that a reload would refuse, and if a file or folder cannot be written or moved.
 */
export async function promoteModel(candidate: string, live: string): Promise<Promotion> {
  const ids = await examined(candidate, live)
  // resolve() strips a trailing slash, with which a link would stand for its target and names next to it would be inside the
  // folder.
  const place = resolve(live)
  return orUsage(live, () => {
    const swap = lstatSync(place).isSymbolicLink() ? relink : replace
    return { ...ids, previous: swap(candidate, place) }
  })
}

async function examined(candidate: string, live: string): Promise<Omit<Promotion, 'previous'>> {
  const next = await openClassifier({ dir: candidate, backend: 'auto' })
  try {
    const current = await openClassifier({ dir: live, backend: 'auto' })
    try {
      if (realOf(candidate) === realOf(live))
        throw new SigwatchError('USAGE', `${candidate} is the live model already`)
      const fault = faultOf(next, current)
      if (fault !== undefined) throw new SigwatchError('MODEL_INVALID', `${candidate}: ${fault}`)
      return { promoted: next.id, before: current.id }
    } finally {
      current.close()
    }
  } finally {
    next.close()
  }
}

function realOf(dir: string): string {
  return realpathSync(dir)
}

function relink(candidate: string, live: string): string {
  const previous = realOf(live)
  const link = uniqueName(live)
  try {
    symlinkSync(realOf(candidate), link)
    renameSync(link, live)
  } catch (error) {
    rmSync(link, { force: true })
    throw error
  }
  return previous
}

function replace(candidate: string, live: string): string {
  const previous = `${live}.previous`
  const next = uniqueName(live)
  const old = uniqueName(live)
  const undo: (() => void)[] = [() => rmSync(next, { recursive: true, force: true })]
  try {
    mkdirSync(next)
    // Copied before the previous model is moved, because it may be the candidate.
    for (const file of MODEL_FILES) copyFileSync(join(candidate, file), join(next, file))
    copyHeads(candidate, next)
    if (moved(previous, old)) undo.push(() => putBack(old, previous))
    renameSync(live, previous)
    undo.push(() => renameSync(previous, live))
    renameSync(next, live)
  } catch (error) {
    const failed = undo.reverse().flatMap(failureOf)
    throw failed.length === 0
      ? error
      : new Error(`${(error as Error).message}, and could not be undone: ${failed.join('; ')}`)
  }
  // The new model is live already, so a failure to remove the old one is ignored.
  failureOf(() => rmSync(old, { recursive: true, force: true }))
  return previous
}

function failureOf(step: () => void): string[] {
  try {
    step()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** Restores the old previous model, unless another promotion has put a newer one there. */
function putBack(old: string, previous: string): void {
  if (existsSync(previous)) rmSync(old, { recursive: true })
  else renameSync(old, previous)
}

/** A name unique to this promotion, because another may be running. */
function uniqueName(live: string): string {
  return `${live}.${randomUUID()}`
}

/** Moves a folder. Returns false if it does not exist. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
