import { defineConfig } from 'vitest/config'

const project = (name: string, timeout: number, extra: object = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    ...extra,
  },
})

/** One Kafka broker for all files of a run. */
const SERVERS = { globalSetup: ['test/helpers/global-setup.ts'] }

export default defineConfig({
  test: {
    // Files run one at a time where they share real servers and two cores.
    maxWorkers: 2,
    projects: [
      project('unit', 20_000),
      project('conformance', 60_000, SERVERS),
      project('behaviour', 120_000),
      project('integration', 300_000, { ...SERVERS, fileParallelism: false }),
    ],
  },
})
