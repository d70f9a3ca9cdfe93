/** How long changes are gathered before the page is fetched, ms. */
const PAUSE = 5_000

/**
 * Keeps the parts of a page marked with `data-live` up to date: the server announces a change by an event, and the page is
 * fetched again. A part that the reader is using is left alone. `changed` is called after parts were replaced.
 */
export function follow(changed: () => void): void {
  if (!document.querySelector('[data-live]')) return
  const events = new EventSource('/events')
  let isWaiting = false
  const end = () => {
    events.close()
    const said = document.querySelector<HTMLElement>('[data-ended]')
    if (said) said.hidden = false
  }
  /** The stream was refused for good: the session has ended, or has too many streams. */
  const refused = async () => {
    const look = new AbortController()
    const { status } = await fetch('/events', { signal: look.signal })
    look.abort()
    if (status === 401) end()
  }
  const renew = async () => {
    isWaiting = false
    const answer = await fetch(location.href, { headers: { 'x-live': '1' } })
    if (answer.status === 401) return end()
    if (!answer.ok) return events.close()
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const part of document.querySelectorAll<HTMLElement>('[data-live]')) {
      const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`)
      const isInUse = part.contains(document.activeElement) || part.querySelector('details[open]')
      if (next && !isInUse) part.replaceWith(document.adoptNode(next))
    }
    changed()
  }
  events.addEventListener('changed', () => {
    if (isWaiting) return
    isWaiting = true
    setTimeout(() => void renew().catch(() => undefined), document.hidden ? 6 * PAUSE : PAUSE)
  })
  events.addEventListener('closed', end)
  events.addEventListener('error', () => {
    if (events.readyState === EventSource.CLOSED) void refused().catch(() => undefined)
  })
}
