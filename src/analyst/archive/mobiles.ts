import { maskRecipient } from '../../detection/alerts/show.ts'
import type { Alert } from '../../domain/alert.ts'

/** A mobile number in any grouping, with or without country code. */
const MOBILE = /(?<!\d)(?:(?:\+|00)?86[ -]?)?(1[ -]?[3-9](?:[ -]?\d){9})(?!\d)/g

/** SQL condition: the column is a mobile number in canonical form. */
export const IS_MOBILE = "~ '^1[3-9][0-9]{9}$'"

/** Masks mobile numbers in a text, including those in full-width digits. */
export function withoutMobiles(text: string): string {
  const plain = text.normalize('NFKC')
  const masked = plain.replace(
    MOBILE,
    (_, number: string) => maskRecipient(number.replace(/[ -]/g, '')) ?? '',
  )
  return masked === plain ? text : masked
}

/** The members of a list line that identify the sender. */
interface NamesSender {
  readonly target_kind: string
  readonly target_id: string
  readonly port: string | null
}

/** A list line with the sender's mobile masked. */
export function withoutSender<L extends NamesSender>(line: L): L {
  const { target_kind, target_id, port } = line
  return {
    ...line,
    target_id: target_kind === 'message' ? target_id : withoutMobiles(target_id),
    port: port === null ? null : withoutMobiles(port),
  }
}

/** An alert with the mobiles of its senders masked wherever they occur. Its id is unchanged. */
export function withoutSenders(alert: Alert): Alert {
  const { message, samples = [], match, target, reasons } = alert.data
  const listed = reasons.flatMap(({ evidence }) => (evidence as { ports?: readonly string[] }).ports ?? [])
  const own = target.kind === 'port' || target.kind === 'sender' ? target.id : ''
  const named = [
    own,
    message?.from ?? '',
    ...samples.map(({ from }) => from),
    ...(match?.ports ?? []),
    ...listed,
  ]
  const mobiles = new Set(
    named.flatMap((name) => [...name.matchAll(MOBILE)].flatMap(([, number]) => number ?? [])),
  )
  if (mobiles.size === 0) return alert
  const numbers = new RegExp(`(?<!\\d)(?:${[...mobiles].join('|')})(?!\\d)`, 'g')
  const masked = (_: string, value: unknown) =>
    typeof value === 'string' ? value.replace(numbers, (number) => maskRecipient(number) ?? '') : value
  return { ...(JSON.parse(JSON.stringify(alert, masked)) as Alert), id: alert.id }
}
