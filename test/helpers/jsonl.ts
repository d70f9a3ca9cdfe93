import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Values of a JSONL file; none if it does not exist. */
export function readJsonl<T>(file: string): T[] {
  return existsSync(file) ? parseJsonl<T>(readFileSync(file, 'utf8')) : []
}

export function parseJsonl<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

/** Writes one line per value: bytes and strings unchanged, anything else as JSON. */
export function writeJsonl(file: string, values: readonly unknown[]): void {
  const line = (value: unknown) =>
    typeof value === 'string' || Buffer.isBuffer(value)
      ? Buffer.from(value as string)
      : Buffer.from(JSON.stringify(value))
  writeFileSync(file, Buffer.concat(values.flatMap((value) => [line(value), Buffer.from('\n')])))
}

/** Creates a temporary folder that is removed after the current suite. */
export function useFolder(): { readonly path: string; file(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'sigwatch-test-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return { path, file: (name) => join(path, name) }
}
