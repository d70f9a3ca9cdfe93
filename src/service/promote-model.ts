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
import { SigwatchError } from '../domain/errors.ts'
import { openClassifier } from '../text/reader/classifier.ts'
import { copyHeads } from '../text/reader/heads.ts'

export interface Promotion {
  /** `<name>@<version>` of what serves from now on, and of what did. */
  readonly promoted: string
  readonly before: string
  /** Where the model before is: promote it to go back. */
  readonly previous: string
}

/**
 * Puts a model in the place of the live one, whole: where that is a link it is pointed to the candidate, else the folder
 * is replaced by a copy and stays as `<live>.previous`. Running services take it by themselves. Rejects, with nothing changed,
 * for a candidate that a reload would refuse, and when a file or a folder cannot be written or moved.
 */
export async function promoteModel(candidate: string, live: string): Promise<Promotion> {
  const ids = await examined(candidate, live)
  // With a slash at its end the name of a link is the folder, and a name next to it would lie within.
  const place = resolve(live)
  try {
    return lstatSync(place).isSymbolicLink()
      ? { ...ids, previous: relink(candidate, place) }
      : { ...ids, previous: replace(candidate, place) }
  } catch (error) {
    throw new SigwatchError('USAGE', `${live}: ${(error as Error).message}`, { cause: error })
  }
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
  const link = besides(live)
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
  const next = besides(live)
  const old = besides(live)
  const undo: (() => void)[] = [() => rmSync(next, { recursive: true, force: true })]
  try {
    mkdirSync(next)
    // The candidate may be the previous one: it is copied before that is moved.
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
  // The model is live: what cannot be removed does no harm.
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

/** Unless another promotion has put there what it replaced, which is newer. */
function putBack(old: string, previous: string): void {
  if (existsSync(previous)) rmSync(old, { recursive: true })
  else renameSync(old, previous)
}

/** A name of this promotion alone: another may be under way. */
function besides(live: string): string {
  return `${live}.${randomUUID()}`
}

/** Whether there was something to move. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
