import { contactsInClear, maskRecipient } from '../../detection/alerts/show.ts'
import type { Action } from '../../domain/decision.ts'

/** A mobile in whatever grouping, with or without the code of the country. */
const MOBILE = /(?<!\d)(?:(?:\+|00)?86[ -]?)?(1[ -]?[3-9](?:[ -]?\d){9})(?!\d)/g

/** A text with its mobile numbers masked as recipients are; digits of full width are digits too. */
export function withoutMobiles(text: string): string {
  const plain = text.normalize('NFKC')
  const masked = plain.replace(
    MOBILE,
    (_, number: string) => maskRecipient(number.replace(/[ -]/g, '')) ?? '',
  )
  return masked === plain ? text : masked
}

/** The id of a target for people: the mobile of a sender is masked as in messages while its action is weaker than `review`. */
export function shownTarget(id: string, action: Action): string {
  return contactsInClear(action, 'clear') ? id : withoutMobiles(id)
}
