import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/helpers/longest-first.ts'

const project = (name: string, folder: string, timeout: number, extra: object = {}) => ({
  test: {
    name,
    include: [`test/${folder}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    ...extra,
  },
})

/** Files of a worker share what they import: loading the sources for each file takes longer than many of the tests. */
const SHARED = { isolate: false }
/** One Kafka broker for all files of a run; each test has topics and groups of its own. */
const KAFKA = { globalSetup: ['test/helpers/global-setup.ts'] }
const SERVERS = 300_000

/**
 * Unit tests that replace timers or modules, or that measure time, run in a process of their own. The others leave nothing behind,
 * so that all files of a worker share what they import.
 */
const ISOLATED = readdirSync('test/unit', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/unit/${file}`)
  .filter((file) => /\bvi\.|performance\.now/.test(readFileSync(file, 'utf8')))

/** One project for each kind of server, so that `--project redis` needs no other. `long` is `npm run test:long`. */
export default defineConfig({
  test: {
    // More than there are cores where the tests run in CI: many files wait for servers for a good part of their time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Each project transforms what it imports; the cache lets the next project, and the next run, have it from the disk.
    experimental: { fsModuleCache: true },
    projects: [
      project('unit', 'unit', 60_000, { ...SHARED, exclude: ISOLATED }),
      project('unit-isolated', 'unit', 60_000, { include: ISOLATED }),
      project('behaviour', 'behaviour', 240_000, SHARED),
      project('conformance', 'conformance', 60_000, KAFKA),
      project('postgres', 'integration/postgres', SERVERS, { ...KAFKA, ...SHARED }),
      project('browser', 'integration/browser', SERVERS, { ...KAFKA, ...SHARED }),
      project('redis', 'integration/redis', SERVERS),
      project('kafka', 'integration/kafka', SERVERS, { ...KAFKA, ...SHARED }),
      project('service', 'integration/service', SERVERS, { ...KAFKA, ...SHARED }),
      // One at a time: they load the machine by themselves, or look at what it does under load.
      project('long', 'long', SERVERS, { ...KAFKA, fileParallelism: false }),
    ],
  },
})
