import { codeNamed, FORGERY_CODES, STRANGER_CODES } from '../../detection/detectors/all.ts'
import type { Alert } from '../../domain/alert.ts'
import { ACTIONS } from '../../domain/decision.ts'
import { registeredOf } from '../../text/hosts.ts'
import { readText } from '../../text/read-text.ts'
import { isShortener } from '../../text/shorteners.ts'
import { domainsOf } from './alert-hosts.ts'

/** How an alert is grouped and ranked. */
export interface CaseDraft {
  /**
   * Whether the sender is filed for the identity it claims. Strangers and filed senders never share a case. `either`: unknown
   * from the alert.
   */
  readonly standing: 'stranger' | 'filed' | 'either'
  /** Features to group by, `<kind>:<value>`, strongest first; never empty. */
  readonly features: readonly string[]
  readonly sender: string
  readonly certainty: number
  readonly harm: number
}

/** Harm per believed message by label, relative to an unwanted advertisement. */
const HARM = { fraud: 5, illicit: 4, finance: 2, marketing: 1, notice: 0.5, personal: 0.5 } as const
const FORGERY_HARM = 5
const STRANGE: ReadonlySet<string> = new Set(STRANGER_CODES)
const isForgery = (code: string) => FORGERY_CODES.some((one) => one === code)

/**
 * Fraud, forgery and illicit offers are grouped by campaign, domain and template, so that a campaign stays one case when it
 * changes its links; without those, by brand. Violations of form are grouped by code and label, findings from counts by their
 * target.
 */
export function caseDraftOf(alert: Alert): CaseDraft {
  const { data } = alert
  const { message, match, target, reasons, score } = data
  const label = data.label ?? 'notice'
  const isForged = reasons.some(({ code }) => isForgery(code))
  const isGrave = isForged || label === 'fraud' || label === 'illicit'
  const signature = message?.signature ?? match?.signature ?? ''
  const standing = standingOf(alert)
  return {
    standing: isGrave || standing !== 'either' ? standing : 'filed',
    features: isGrave ? graveFeatures(alert) : [plainFeature(alert)],
    sender: target.kind === 'sender' ? target.id : `${signature}@${message?.from ?? match?.ports?.[0] ?? ''}`,
    certainty: Math.min(1, Math.max(0, Number(score) || 0)),
    harm: isForged ? FORGERY_HARM : (HARM[label] ?? HARM.notice),
  }
}

/** Private numbers and signatures not filed for the port are strangers. A state shows only one of several codes, so it may be either. */
function standingOf({ data: { reasons, message, target } }: Alert): CaseDraft['standing'] {
  const isPerson = message?.from.startsWith('1') === true && message.from.length === 11
  if (isPerson || reasons.some(({ code }) => STRANGE.has(code))) return 'stranger'
  return target.kind === 'message' || target.kind === 'signature' ? 'filed' : 'either'
}

function graveFeatures(alert: Alert): string[] {
  const { match, target, message, reasons } = alert.data
  const campaign = match?.campaign ?? (target.kind === 'campaign' ? target.id : undefined)
  const domains = domainsOf(alert)
    .map((host) => registeredOf(host)?.domain ?? host)
    .filter((domain) => !isShortener(domain))
  const bands = message ? readText(message.text, message.signature).bands : []
  const found = [
    ...(campaign === undefined ? [] : [`campaign:${campaign}`]),
    ...domains.map((domain) => `domain:${domain}`),
    ...bands.map((band) => `template:${band}`),
  ]
  if (found.length > 0) return [...new Set(found)]
  const brand = reasons.map(({ evidence }) => (evidence as { brand?: unknown }).brand).find(Boolean)
  return [typeof brand === 'string' ? `brand:${brand}` : formOf(alert)]
}

/** Last resort: groups alerts of one code and label across senders. */
function formOf({ data: { reasons, label } }: Alert): string {
  return `code:${reasons[0]?.code ?? ''} ${label ?? ''}`.trim()
}

function plainFeature(alert: Alert): string {
  const { kind, id } = alert.data.target
  const isNamed = kind === 'campaign' || kind === 'domain' || kind === 'signature' || kind === 'port'
  return isNamed ? `${kind}:${id}` : formOf(alert)
}

/** Sorts codes by the shipped policy's action, then by weight; the order of equal ones is kept. */
export function gravestFirst(codes: readonly string[]): string[] {
  const gravity = (code: string): readonly [number, number] => {
    const { action = 'none', weight = 0 } = codeNamed(code) ?? {}
    return [ACTIONS.indexOf(action), weight]
  }
  return codes
    .map((code) => ({ code, gravity: gravity(code) }))
    .sort((a, b) => b.gravity[0] - a.gravity[0] || b.gravity[1] - a.gravity[1])
    .map(({ code }) => code)
}
