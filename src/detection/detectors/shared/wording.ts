import type { AnalysedMessage } from '../../../domain/message.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import { type Request, requestsIn } from './requests.ts'

const FRAUDULENT = 0.5

/** Whether a value of `fraudWording` indicates fraud. */
export function isFraudWording(wording: number): boolean {
  return wording >= FRAUDULENT
}

export function wordsOf(text: string) {
  const signs = SHIPPED_RULES.ofText(text)
  return {
    lure: SHIPPED_RULES.shows(signs, 'lure'),
    pressure: SHIPPED_RULES.shows(signs, 'words:pressure'),
    errand: SHIPPED_RULES.shows(signs, 'words:errand'),
    warning: SHIPPED_RULES.shows(signs, 'words:warning'),
    trade: SHIPPED_RULES.shows(signs, 'words:trade'),
    wish: SHIPPED_RULES.shows(signs, 'words:wish'),
  }
}

/**
 * Fraud score of the wording, 0 to 1: the model's fraud score, raised by lures. A text about a visit (`the courier 138… is on his
 * way`) has no lures.
 */
export function fraudWording(message: AnalysedMessage): number {
  if (isVisit(message)) return 0
  if (message.malicious) return Math.max(0.9, message.scores.fraud)
  const { fraud } = message.scores
  if (fraud >= FRAUDULENT) return fraud
  // Commercial texts also promise refunds and points, and people talk about them.
  if (message.commercial || message.label === 'personal') return fraud
  const { errand, lure, pressure } = wordsOf(message.normalised.text)
  if (errand) return fraud
  if (lure) return Math.max(0.6, fraud)
  const answered = message.contacts.length > 0 && message.contacts.every(({ kind }) => SERVICE.has(kind))
  return !answered && pressure ? Math.max(0.6, fraud) : fraud
}

/** Requests a visitor does not make: money, a code, an app, a search. */
const NO_ERRAND: readonly Request[] = ['app', 'payment', 'secret', 'search']

/**
 * Whether a text announces a visit or asks for a call with an honest purpose and without a lure: then the model alone proves
 * nothing. Requests for money, a code or an app exclude it.
 */
export function isVisit({ contacts, urls, normalised: { text } }: AnalysedMessage): boolean {
  const called = contacts.every(({ kind }) => kind === 'mobile' || SERVICE.has(kind))
  if (!called || urls.length > 0) return false
  const { errand, lure, pressure } = wordsOf(text)
  if (!errand || lure || pressure) return false
  return !requestsIn(text).some((request) => NO_ERRAND.includes(request))
}

const SERVICE: ReadonlySet<string> = new Set(['landline', 'hotline'])
