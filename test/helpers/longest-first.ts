import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Seconds that each file took when times were last recorded (`npm run test:times`). */
const times = JSON.parse(readFileSync(new URL('../times.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, number>
>
const ROOT = new URL('../..', import.meta.url).pathname

/** Starts the files that take longest first, so that no worker is left with a long one at the end. Files without a time are short, or new. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const secondsOf = ({ moduleId }: TestSpecification) => times[relative(ROOT, moduleId)] ?? 0
    return files.toSorted((a, b) => secondsOf(b) - secondsOf(a) || (a.moduleId < b.moduleId ? -1 : 1))
  }
}
