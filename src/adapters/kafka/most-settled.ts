/**
 * Resolves when all have settled, or when at least one was fulfilled and no further one for `patience` ms: those that hang
 * do not hold up callers that go on without them.
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
