import { type Runnable, runToEnd, sayStopped } from '../service/lifecycle.ts'
import type { Telemetry } from '../service/telemetry/events.ts'
import { type HttpOptions, startHttpServer } from '../service/telemetry/server.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import type { ConfigReading } from '../settings/config.ts'

interface Served<R> extends Pick<HttpOptions, 'probes' | 'notes'> {
  readonly open: (stopping: AbortSignal) => Promise<R>
  /** Whether SIGHUP reads something again. */
  readonly reloads: boolean
}

/** Runs what serves until it is stopped, with metrics and health next to it where `http.port` is given. */
export async function serve<R extends Runnable>(
  { config, given }: ConfigReading,
  { emit, registry }: Telemetry,
  { open, reloads, ...health }: Served<R>,
): Promise<void> {
  const { host, port } = config.http
  const http = given.has('http.port')
    ? await startHttpServer({ host, port, registry, version: VERSION, commit: COMMIT, ...health })
    : undefined
  try {
    const bySignal = await runToEnd(open, emit, { reloads })
    sayStopped(bySignal, emit)
  } finally {
    await http?.close()
  }
}
