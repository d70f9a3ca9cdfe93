const FULL = new Set(['ENOSPC', 'EDQUOT'])

/** Whether a system error means that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && FULL.has((error as NodeJS.ErrnoException).code ?? '')
}
