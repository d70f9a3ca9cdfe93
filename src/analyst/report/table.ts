import { type Html, html } from '../words/html.ts'
import type { Speech } from './words.ts'

/** A keyboard-scrollable table; columns of bars have no heading. */
export function table(
  name: string,
  headings: readonly string[],
  rows: readonly Html[],
  { say }: Speech,
): Html {
  if (rows.length === 0) return html`<p class="dim">${say('none')}</p>`
  const head = headings.map((heading) =>
    heading === '' ? html`<td></td>` : html`<th scope="col">${heading}</th>`,
  )
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
}
