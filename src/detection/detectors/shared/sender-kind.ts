/**
 * Kinds of sender numbers by who may use them: `port` (106…) and `short` (95588, 12306, 10086…) are assigned to enterprises, the
 * others to anyone. `name`: letters, as shown by foreign carriers.
 */
export type SenderKind = 'port' | 'short' | 'mobile' | 'landline' | 'overseas' | 'name'

const DIGITS = /^\d+$/
const LETTER = /\p{L}/u
const MOBILE = /^1[3-9]\d{9}$/
const SERVICE = /^(?:95|96|100|101|12|11)/
const LONG_SERVICE = /^1[12]/

export function senderKind(from: string): SenderKind {
  // No sender (`score`): unknown.
  if (from === '') return 'name'
  if (!DIGITS.test(from)) return LETTER.test(from) ? 'name' : 'landline'
  if (from.startsWith('106')) return 'port'
  if (MOBILE.test(from)) return 'mobile'
  if (SERVICE.test(from) && from.length <= 20)
    return from.length >= 10 && LONG_SERVICE.test(from) ? 'overseas' : 'short'
  if (from.length <= 6) return 'short'
  if (from.startsWith('0') || from.startsWith('400') || from.startsWith('800')) return 'landline'
  return 'overseas'
}

/** Whether anyone can buy or spoof such a number. */
export function isPersonal(kind: SenderKind): boolean {
  return kind === 'mobile' || kind === 'overseas' || kind === 'landline'
}
