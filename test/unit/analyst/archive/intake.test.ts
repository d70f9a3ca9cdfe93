import { describe, expect, it, vi } from 'vitest'
import { ArchiveIntake, type IntakeOptions } from '../../../../src/analyst/archive/intake.ts'
import type { RecordRun } from '../../../../src/domain/ports.ts'

// A database that holds nothing.
vi.mock('../../../../src/analyst/archive/database.ts', async (original) => ({
  ...(await original<object>()),
  openClient: async () => ({ query: async () => ({ rows: [] }), end: async () => {} }),
}))

const partition = { topic: 't', partition: 0 }
const run: RecordRun = { partition, epoch: 1, from: 0, records: [], lag: 0 }

describe('intake of the archive', () => {
  it('takes a run that comes as soon as the one before is written', async () => {
    let commits = 0
    const intake = new ArchiveIntake({
      url: 'postgres://127.0.0.1/none',
      inputs: new Map(),
      saw: () => {},
      logsOf: async () => [],
      commit: async () => void commits++,
      emit: () => {},
      signal: new AbortController().signal,
    } as Partial<IntakeOptions> as IntakeOptions)
    for (let n = 1; n <= 3; n++) {
      await intake.records(run)
      expect(commits).toBe(n)
    }
    await intake.close()
  }, 2000)
})
