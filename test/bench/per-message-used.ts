import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Traffic } from './embedded-traffic.ts'
import type { UsedForOne } from './per-message-run.ts'

/** Runs `per-message-run.ts`, whose builds take turns; `profile`: file for a heap profile, empty for none. */
export function perMessage(
  { messages, registry }: Pick<Traffic, 'messages' | 'registry'>,
  profile: string,
  ...builds: readonly string[]
): UsedForOne[] {
  const script = join(import.meta.dirname, 'per-message-run.ts')
  const args = ['--import', 'tsx', script, messages, registry, profile, ...builds]
  const { status, stdout } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error(`a run ended with ${status}`)
  return JSON.parse(String(stdout)) as UsedForOne[]
}
