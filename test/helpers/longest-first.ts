import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Duration of each file, s, as last recorded by `npm run test:times`. */
const times = JSON.parse(readFileSync(new URL('../times.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, number>
>
const ROOT = new URL('../..', import.meta.url).pathname

/**
 * Runs the longest files first, so that no worker is left with a long one at the end. Files without a time are short or new.
 * Files that share a worker come last, project by project: vitest reuses a worker only for files of the same project.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sharedBy = ({ project }: TestSpecification) => (project.config.isolate ? '' : project.name)
    const secondsOf = ({ moduleId }: TestSpecification) => times[relative(ROOT, moduleId)] ?? 0
    const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
    return files.toSorted(
      (a, b) =>
        order(sharedBy(a), sharedBy(b)) || secondsOf(b) - secondsOf(a) || order(a.moduleId, b.moduleId),
    )
  }
}
