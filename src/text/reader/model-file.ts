import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InvalidInput } from '../../domain/errors.ts'

/** Reads a model file; throws MODEL_INVALID if it cannot be read. */
export function readModelFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    return failModelFile(file, `cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}

/** Reads a JSON model file; throws MODEL_INVALID if it cannot be read or parsed. */
export function readModelJson(file: string): unknown {
  const bytes = readModelFile(file)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    return failModelFile(file, `is not JSON: ${(cause as Error).message}`)
  }
}

/** Throws MODEL_INVALID for a file with a message. */
export function failModelFile(file: string, message: string): never {
  throw new InvalidInput('MODEL_INVALID', [{ file, message }])
}

/** Hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
