import { type Html, html } from '../words/html.ts'
import { fence, inline } from '../words/markdown.ts'
import type { Block } from './letter.ts'

/** Renders the letter as Markdown. Texts of senders are in code blocks, so that they cannot contain links or markup. */
export function markdown(blocks: readonly Block[]): string {
  return `${blocks.map(markdownOf).join('\n\n')}\n`
}

function markdownOf(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `# ${inline(block.text)}`
    case 'heading':
      return `## ${inline(block.text)}`
    case 'text':
      return inline(block.text)
    case 'quote':
      return fence(block.text)
    case 'facts':
      return block.facts.map(([name, value]) => `- **${inline(name)}**: ${inline(value)}`).join('\n')
  }
}

/** Lists of at most so many facts are kept on one page. */
const SHORT = 8

export function letterPage(blocks: readonly Block[], locale: string): string {
  return html`<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>sigwatch</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>
@page { size: A4; margin: 16mm 20mm; } body { font: 10.5pt/1.5 "Noto Sans CJK SC", "Source Han Sans SC", system-ui, sans-serif; color: #1b2430; margin: 0; }
h1 { font-size: 17pt; margin: 6mm 0 3mm; } h2 { font-size: 12.5pt; margin: 5mm 0 2mm; break-after: avoid; } p { margin: 2mm 0; break-inside: avoid; } p:has(+ dl) { break-after: avoid; } dl + p { margin-top: 4mm; } p:last-child { break-before: avoid; }
dl { display: grid; grid-template-columns: 42mm 1fr; gap: .5mm 4mm; margin: 2mm 0; } dl.short, dt, dd, blockquote { break-inside: avoid; }
dt { color: #55606f; } dd { margin: 0; overflow-wrap: anywhere; } blockquote { margin: 2mm 0; padding: 2mm 4mm; background: #f3f5f8; border-left: 1mm solid #c5cdd8; overflow-wrap: anywhere; }
</style></head><body>${blocks.map(pageOf)}</body></html>`.text
}

function pageOf(block: Block): Html {
  switch (block.kind) {
    case 'title':
      return html`<h1>${block.text}</h1>`
    case 'heading':
      return html`<h2>${block.text}</h2>`
    case 'text':
      return html`<p>${block.text}</p>`
    case 'quote':
      return html`<blockquote>${block.text}</blockquote>`
    case 'facts':
      return html`<dl${block.facts.length <= SHORT && html` class="short"`}>${block.facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
  }
}
