/**
 * Resolves when all promises have settled, or when at least one was fulfilled and no other for `patience` ms, so that
 * hanging ones do not delay callers that can continue without them.
 */
export async function mostSettled(all: readonly Promise<unknown>[], patience: number): Promise<void> {
  const over = new AbortController()
  let quiet = (): void => {}
  const hung = new Promise<void>((resolve) => {
    quiet = resolve
  })
  let timer: NodeJS.Timeout | undefined
  const again = (): void => {
    clearTimeout(timer)
    if (!over.signal.aborted) timer = setTimeout(quiet, patience)
  }
  for (const one of all) one.then(again, () => undefined)
  await Promise.race([Promise.allSettled(all), hung])
  over.abort()
  clearTimeout(timer)
}
