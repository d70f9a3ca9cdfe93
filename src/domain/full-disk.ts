const FULL = new Set(['ENOSPC', 'EDQUOT'])

/** Whether an error of the system says that there is no room to write. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && FULL.has((error as NodeJS.ErrnoException).code ?? '')
}
