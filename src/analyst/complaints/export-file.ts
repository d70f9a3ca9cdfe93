import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { SigwatchError } from '../../domain/errors.ts'
import type { ComplaintMapping } from './mapping.ts'
import { type ReadComplaints, readComplaintCsv } from './read-csv.ts'

const MEGABYTE = 1_000_000
/** Maximum size of an export, MB: it is read into memory. */
const LARGEST = 256

/** Reads an export. Throws USAGE if it is too large or cannot be read. */
export function readExport(file: string, mapping: ComplaintMapping): ReadComplaints {
  return readComplaintCsv(bytesOf(file), mapping, file)
}

function bytesOf(file: string): Buffer {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    refuseLarge(file, fstatSync(descriptor).size)
    const bytes = readFileSync(descriptor)
    // The size of a pipe is unknown until it has been read.
    refuseLarge(file, bytes.length)
    return bytes
  } catch (error) {
    if (error instanceof SigwatchError) throw error
    throw new SigwatchError('USAGE', `${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function refuseLarge(file: string, bytes: number): void {
  if (bytes <= LARGEST * MEGABYTE) return
  const size = Math.ceil(bytes / MEGABYTE)
  throw new SigwatchError(
    'USAGE',
    `${file}: has ${size} MB, more than the ${LARGEST} MB that are read: split it into several files`,
  )
}
