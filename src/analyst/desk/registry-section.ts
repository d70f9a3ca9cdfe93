import type { Brand, Filing, PortRow, SignatureRow } from '../../domain/registry.ts'
import type { Case } from '../archive/case.ts'
import type { RegistryRowThen } from '../archive/registry-rows.ts'
import { type Html, html } from '../words/html.ts'
import { beijing, thingLink } from './tables.ts'
import type { Speech } from './words.ts'

type Fact = readonly [name: string, value: Html | string]

/** The sender's rows in the registry topic at the time of the judgement. */
export function registrySection({ registry, portIsMasked }: Case, speech: Speech): Html {
  const { say } = speech
  return html`<section><h2>${say('registryThen')}</h2>${registry.map((row) => registryRow(row, speech))}${
    registry.length === 0 && !portIsMasked && html`<p class="dim">${say('noRow')}</p>`
  }${portIsMasked && html`<p class="dim">${say('maskedPort')}</p>`}</section>`
}

/** A row with the time it came into effect and the time of the next change. */
export function registryRow(row: RegistryRowThen, speech: Speech): Html {
  const { say } = speech
  const { at, changed_at, content } = row
  const changed = changed_at === null ? '' : say('changedAt', { at: beijing(changed_at) })
  return html`<div class="reason"><p><strong>${titleOf(row, speech)}</strong> <span class="dim">${say('since', { at: beijing(at) })}${changed}</span></p>
${content === null ? html`<p>${say('deleted')}</p>` : html`<dl>${factsOf(row, speech).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`}</div>`
}

function titleOf({ kind, key }: RegistryRowThen, { say, brand }: Speech): Html {
  if (kind === 'signature') return thingLink('signature', key, say('signatureRow', { name: key }))
  return kind === 'port'
    ? thingLink('port', key, say('portRow', { port: key }))
    : thingLink('brand', key, say('brandRow', { brand: brand(key) }))
}

function factsOf({ kind, content }: RegistryRowThen, speech: Speech): Fact[] {
  if (content === null) return []
  if (kind === 'signature') return signatureFacts(content, speech)
  return kind === 'port' ? portFacts(content, speech) : brandFacts(content, speech)
}

function signatureFacts({ brand, consent, filings, campaigns }: SignatureRow, speech: Speech): Fact[] {
  const { say } = speech
  return [
    ...(brand === undefined
      ? []
      : [[say('ofBrand'), thingLink('brand', brand, speech.brand(brand))] as const]),
    [say('consent'), say(consent === 'required' ? 'required' : 'unlessRefused')],
    ...(filings.length === 0 ? [[say('filing'), say('noFiling')] as const] : []),
    ...filings.map((filing): Fact => [say('filing'), filingText(filing, speech)]),
    ...campaigns.map(({ from, to, perMinute: n }): Fact => {
      const span = say('span', { from: beijing(from), to: beijing(to) })
      return [say('campaign'), `${say('aMinute', { n })}, ${span}`]
    }),
  ]
}

function filingText({ sp, carrier, ports, scope, status, from, to }: Filing, speech: Speech): string {
  const { say, term } = speech
  return [
    ...(sp === undefined ? [] : [sp]),
    ...(carrier === undefined ? [] : [carrier]),
    ports.join(' '),
    scope === undefined ? say('anyScope') : scope.map((label) => term('label', label)).join(' '),
    term('status', status),
    ...(from === undefined && to === undefined
      ? []
      : [
          say('span', {
            from: from === undefined ? '…' : beijing(from),
            to: to === undefined ? '…' : beijing(to),
          }),
        ]),
  ].join(', ')
}

function portFacts({ sp, sharedBy, scope }: PortRow, { say, term }: Speech): Fact[] {
  return [
    [say('enterprise'), thingLink('enterprise', sp)],
    [say('sharedBy'), String(sharedBy)],
    ...(scope === undefined
      ? []
      : [[say('filing'), scope.map((label) => term('label', label)).join(' ')] as const]),
  ]
}

function brandFacts({ names, domains, hotlines }: Brand, { say }: Speech): Fact[] {
  const facts: Fact[] = [
    [say('names'), names.join(', ')],
    [say('domains'), domains.join(', ')],
    [say('hotlines'), hotlines.join(', ')],
  ]
  return facts.filter(([, value]) => value !== '')
}
