import { contactsInClear, maskRecipient } from '../../detection/alerts/show.ts'
import type { Alert } from '../../domain/alert.ts'
import type { Action } from '../../domain/decision.ts'

/** A mobile in whatever grouping, with or without the code of the country. */
const MOBILE = /(?<!\d)(?:(?:\+|00)?86[ -]?)?(1[ -]?[3-9](?:[ -]?\d){9})(?!\d)/g

/** A column that is a mobile in the form in which numbers are compared. */
export const IS_MOBILE = "~ '^1[3-9][0-9]{9}$'"

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

/** A line of a list of alerts, as far as it names who sent. */
interface NamesSender {
  readonly target_kind: string
  readonly target_id: string
  readonly port: string | null
}

/** A line of a list as the desk shows it: the mobile of a sender is masked. */
export function withoutSender<L extends NamesSender>(line: L): L {
  const { target_kind, target_id, port } = line
  return {
    ...line,
    target_id: target_kind === 'message' ? target_id : withoutMobiles(target_id),
    port: port === null ? null : withoutMobiles(port),
  }
}

/** An alert as the desk and letters show it: the mobiles of its senders are masked wherever it names them; its id stays. */
export function withoutSenders(alert: Alert): Alert {
  const { message, samples = [], match, target } = alert.data
  const own = target.kind === 'port' || target.kind === 'sender' ? target.id : ''
  const named = [own, message?.from ?? '', ...samples.map(({ from }) => from), ...(match?.ports ?? [])]
  const mobiles = new Set(
    named.flatMap((name) => [...name.matchAll(MOBILE)].flatMap(([, number]) => number ?? [])),
  )
  if (mobiles.size === 0) return alert
  const numbers = new RegExp(`(?<!\\d)(?:${[...mobiles].join('|')})(?!\\d)`, 'g')
  const masked = (_: string, value: unknown) =>
    typeof value === 'string' ? value.replace(numbers, (number) => maskRecipient(number) ?? '') : value
  return { ...(JSON.parse(JSON.stringify(alert, masked)) as Alert), id: alert.id }
}
