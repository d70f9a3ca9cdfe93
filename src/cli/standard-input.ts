import { fstatSync } from 'node:fs'
import { SigwatchError } from '../domain/errors.ts'

/** Throws USAGE where standard input is a folder, which Node reads as an empty file. */
export function refuseFolder(): void {
  if (fstatSync(0).isDirectory())
    throw new SigwatchError('USAGE', 'standard input is a folder: redirect it from a file')
}
