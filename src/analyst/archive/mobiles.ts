import { maskRecipient } from '../../detection/alerts/show.ts'

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
