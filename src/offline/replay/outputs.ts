import type { Alert, Verdict } from '../../domain/alert.ts'
import { alertRecord } from '../../domain/alert-record.ts'
import type { Sink } from '../../domain/ports.ts'
import { OutputFile } from './output-file.ts'

export interface OutputOptions {
  /** Files for what was decided on the range. */
  readonly verdicts?: string
  readonly alerts?: string
  /** Takes the alerts too. */
  readonly publish?: Sink
  /** Bytes of each file that are kept. */
  readonly kept?: Readonly<Record<string, number>>
}

/** What a replay decided, for those who asked for it. */
export class Outputs {
  readonly #publish: Sink | undefined
  readonly #files: Readonly<Partial<Record<'verdicts' | 'alerts', OutputFile>>>

  constructor({ verdicts, alerts, publish, kept = {} }: OutputOptions) {
    this.#publish = publish
    this.#files = {
      ...(verdicts === undefined ? {} : { verdicts: new OutputFile(verdicts, kept.verdicts) }),
      ...(alerts === undefined ? {} : { alerts: new OutputFile(alerts, kept.alerts) }),
    }
  }

  async write(verdicts: readonly Verdict[], alerts: readonly Alert[]): Promise<void> {
    this.#files.verdicts?.write(verdicts)
    this.#files.alerts?.write(alerts)
    if (alerts.length > 0) await this.#publish?.write(alerts.map(alertRecord))
  }

  /** Bytes of each file. */
  get bytes(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#files).map(([name, file]) => [name, file.bytes]))
  }

  async close(): Promise<void> {
    for (const file of Object.values(this.#files)) file.close()
    await this.#publish?.close()
  }
}
