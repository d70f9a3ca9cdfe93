import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fetchJars } from './kafka-broker.ts'

export interface JavaRecord {
  /** 64-bit integers, as text. */
  readonly offset: string
  readonly timestamp: string
  readonly type: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'
  /** Hexadecimal, as all bytes in these results. */
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

export interface JavaBatch {
  readonly last: string
  readonly control: boolean
  readonly records: readonly JavaRecord[]
  /** Error thrown after these records. */
  readonly error?: string
}

export interface JavaAnswer {
  readonly batches: readonly JavaBatch[]
  /** Error thrown instead of a further batch. */
  readonly error?: string
}

/** The classes with which a Java consumer decodes fetched bytes, in a separate process. */
export class JavaDecoder {
  readonly #process: ChildProcess
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = []

  constructor() {
    const source = join(import.meta.dirname, 'java', 'ReadBatches.java')
    this.#process = spawn('java', ['-cp', join(fetchJars(), '*'), '-Xmx512m', source], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: this.#process.stdout! }).on('line', (line) =>
      this.#waiting.shift()?.resolve(line),
    )
    this.#process.on('exit', (code) => {
      for (const { reject } of this.#waiting.splice(0))
        reject(new Error(`the Java decoder ended with ${code}`))
    })
  }

  async decode(bytes: Buffer): Promise<JavaAnswer> {
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes.length)
    const line = new Promise<string>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    this.#process.stdin!.write(Buffer.concat([length, bytes]))
    return JSON.parse(await line) as JavaAnswer
  }

  close(): void {
    this.#process.stdin!.end()
  }
}
