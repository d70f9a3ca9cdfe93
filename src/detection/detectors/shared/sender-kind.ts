/**
 * What a sender's number says of who may use it: `port` (106…) and `short` (95588, 12306, 10086…) are given to
 * enterprises, the others to anybody. `name`: letters, as foreign carriers show them.
 */
export type SenderKind = 'port' | 'short' | 'mobile' | 'landline' | 'overseas' | 'name'

/** For a number in the form in which numbers are compared. */
export function senderKind(from: string): SenderKind {
  // A text without a sender (`score`): nothing is known of it.
  if (from === '') return 'name'
  if (!/^\d+$/.test(from)) return /\p{L}/u.test(from) ? 'name' : 'landline'
  if (from.startsWith('106')) return 'port'
  if (/^1[3-9]\d{9}$/.test(from)) return 'mobile'
  if (/^(?:95|96|100|101|12|11)/.test(from) && from.length <= 20)
    return from.length >= 10 && /^1[12]/.test(from) ? 'overseas' : 'short'
  if (from.length <= 6) return 'short'
  if (from.startsWith('0') || from.startsWith('400') || from.startsWith('800')) return 'landline'
  return 'overseas'
}

/** Numbers that anybody can buy or fake. */
export function isPersonal(kind: SenderKind): boolean {
  return kind === 'mobile' || kind === 'overseas' || kind === 'landline'
}
