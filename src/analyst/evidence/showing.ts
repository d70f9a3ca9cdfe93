import { maskRecipient, type SenderContacts } from '../../detection/alerts/show.ts'
import { given } from '../../domain/given.ts'
import type { Tokenise } from '../../domain/token.ts'
import { redactText } from '../../text/redact.ts'

/** How personal data is shown. */
export interface Showing {
  /** Shows everything unmasked, for the regulator. */
  readonly clear: boolean
  readonly senderContacts: SenderContacts
  readonly tokenise: Tokenise
}

/** A recipient in the form that may be shown. */
export interface ShownRecipient {
  /** In clear or masked; absent for an opaque id, or if none was given. */
  readonly to?: string
  readonly toToken?: string
}

export function showRecipient(to: string, { clear, tokenise }: Showing): ShownRecipient {
  // A recipient given as a token is used as it is.
  const toToken = to.includes('.') ? to : tokenise(to)
  const shown = clear ? to : maskRecipient(to)
  return { ...given({ to: shown }), toToken }
}

export function showText(text: string, otp: boolean, { clear }: Showing): string {
  return clear ? text : redactText(text, otp)
}
