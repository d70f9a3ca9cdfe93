/** Keyboard shortcuts for the queue, served without a build step. They click buttons of the page, which works without them. */
export const SCRIPT = `'use strict'
{
  const cases = [...document.querySelectorAll('[data-case]')]
  let at = -1
  const select = (index) => {
    if (cases.length === 0) return
    cases[at]?.removeAttribute('aria-current')
    at = Math.max(0, Math.min(cases.length - 1, index))
    cases[at].setAttribute('aria-current', 'true')
    cases[at].focus({ preventScroll: true })
    cases[at].scrollIntoView({ block: 'nearest' })
  }
  document.addEventListener('click', ({ target }) => {
    const clicked = cases.indexOf(target.closest('[data-case]'))
    if (clicked >= 0 && clicked !== at) select(clicked)
  })
  const press = (name, within) => {
    const found = (within ?? document).querySelector('[data-key="' + name + '"]')
    found?.click()
  }
  // Submits a form only once, by key or click, and shows that it is being written.
  const { dataset } = document.body
  document.addEventListener('submit', (event) => {
    if (event.target.method !== 'post') return
    if (dataset.busy) return event.preventDefault()
    dataset.busy = 'true'
    const said = event.target.querySelector('[data-writing]')
    if (said) said.hidden = false
  })
  addEventListener('pageshow', () => {
    delete dataset.busy
    for (const said of document.querySelectorAll('[data-writing]')) said.hidden = true
    // Right after a finding, keys that submit are ignored for a second: a second press was meant for the previous page.
    if (!document.querySelector('[data-done]')) return
    dataset.resting = 'true'
    setTimeout(() => delete dataset.resting, 1000)
  })
  const keys = {
    j: () => select(at + 1),
    k: () => select(at - 1),
    '?': () => {
      const help = document.querySelector('#keys')
      if (help) help.open = !help.open
    },
  }
  for (const key of ['c', 'f', 'a', 'o']) keys[key] = () => press(key, cases[at])
  keys.u = () => press('u')
  keys.Enter = () => press('o', cases[at])
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const tag = event.target.tagName
    if (['INPUT', 'TEXTAREA', 'SELECT'].includes(tag)) return
    if (event.key === 'Enter' && ['A', 'BUTTON', 'SUMMARY'].includes(tag)) return
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (!Object.hasOwn(keys, key)) return
    event.preventDefault()
    const isMove = key === 'j' || key === 'k'
    if (!isMove && (event.repeat || dataset.busy || dataset.resting)) return
    keys[key]()
  })
  // The selection is kept for when the browser comes back to the list.
  const place = location.pathname + location.search
  addEventListener('pagehide', () => {
    if (at >= 0) sessionStorage.setItem(place, JSON.stringify([cases[at].id, at]))
  })
  const isNew = performance.getEntriesByType('navigation')[0]?.type === 'navigate'
  const kept = isNew ? null : sessionStorage.getItem(place)
  const [id, index] = kept === null ? [location.hash.slice(1), 0] : JSON.parse(kept)
  const last = cases.indexOf(document.getElementById(id))
  select(last < 0 ? index : last)
}
`
