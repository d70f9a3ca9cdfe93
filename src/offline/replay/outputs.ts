import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import type { Alert, Verdict } from '../../domain/alert.ts'
import { alertRecord } from '../../domain/alert-record.ts'
import { orUsage } from '../../domain/errors.ts'
import { OWNER_ONLY } from '../../domain/owner-only.ts'
import type { Sink } from '../../domain/ports.ts'

export interface OutputOptions {
  /** Files for the verdicts and alerts on the range. */
  readonly verdicts?: string
  readonly alerts?: string
  /** Receives the alerts too. */
  readonly publish?: Sink
  /** Number of bytes to keep of each existing file. */
  readonly kept?: Readonly<Record<string, number>>
}

/** Writes the results of a replay to the requested outputs. */
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

  /** Length of each file, bytes. */
  get bytes(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#files).map(([name, file]) => [name, file.bytes]))
  }

  async close(): Promise<void> {
    for (const file of Object.values(this.#files)) file.close()
    await this.#publish?.close()
  }
}

/** A file of JSON lines that only its owner can read. */
class OutputFile {
  readonly #path: string
  readonly #file: number
  #bytes: number

  /** Keeps the first `bytes` of the existing file; 0 starts over. Throws USAGE if it cannot be opened. */
  constructor(path: string, bytes = 0) {
    this.#path = path
    this.#file = orUsage(`cannot write ${path}`, () => {
      const file = openSync(path, bytes === 0 ? 'w' : 'r+', OWNER_ONLY)
      ftruncateSync(file, bytes)
      return file
    })
    this.#bytes = bytes
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#bytes
  }

  write(values: readonly unknown[]): void {
    if (values.length === 0) return
    const lines = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
    orUsage(`cannot write ${this.#path}`, () => {
      for (let at = 0; at < lines.length; )
        at += writeSync(this.#file, lines, at, lines.length - at, this.#bytes + at)
    })
    this.#bytes += lines.length
  }

  close(): void {
    closeSync(this.#file)
  }
}
