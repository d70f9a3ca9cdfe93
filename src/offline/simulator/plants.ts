import type { Code, TargetKind } from '../../domain/codes.ts'
import type { Label } from '../../domain/labels.ts'
import { MINUTE } from '../../domain/time.ts'
import { type Sender, shopName } from './cast.ts'
import type { Random } from './random.ts'
import type { SideInputs } from './side-inputs.ts'

/** A message as the simulator thinks of it, before it becomes a record. */
export interface PlannedMessage {
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly label: Label
  readonly blocked?: boolean
  /** Codes that ought to be found on the message itself. */
  readonly codes?: readonly Code[]
  /** Kind of the planted event that it belongs to. */
  readonly event?: string
}

/** Something planted, as `--truth` lists it. A campaign has the target id `*`, a recipient its number. */
export interface PlantedEvent {
  readonly event: string
  readonly code: Code
  readonly target: { readonly kind: TargetKind; readonly id: string }
  /** Epoch ms. */
  readonly from: number
  readonly to: number
  /** Only ever false: it looks like one and must not be raised. */
  readonly raise?: false
  /** Codes of other states that rightly come with it. */
  readonly also?: readonly Code[]
  /** Messages of it before which the shipped thresholds cannot be passed. */
  readonly needs?: number
  /** The moment before which they cannot be passed, epoch ms, where messages do not show it. */
  readonly possible?: number
}

/** An event under way: what it adds to each minute. */
export interface Plant {
  readonly truth: readonly PlantedEvent[]
  readonly from: number
  readonly to: number
  /** Rows of the registry that it needs, in place of those of the same signature. */
  readonly senders?: readonly Sender[]
  readonly sides?: Partial<SideInputs>
  /** Drafts of the minute that begins at `minute`. */
  drafts(minute: number, random: Random): readonly PlannedMessage[]
}

/** A fictitious subscriber of the carrier. Low numbers are drawn more often than high ones, none more than some 20 times a day. */
export function subscriber(random: Random, population = 400_000): string {
  const rank = Math.floor(population * random.next() ** 1.1)
  return `170${String(rank).padStart(8, '0')}`
}

/** So many drafts at random moments of a minute. */
export function spread(
  minute: number,
  count: number,
  random: Random,
  draft: (ts: number) => PlannedMessage,
): PlannedMessage[] {
  return Array.from({ length: count }, () => draft(minute + Math.floor(random.next() * MINUTE)))
}

/** A shop's name that is not filed. */
export function unfiledName(cast: readonly Sender[], random: Random): string {
  for (;;) {
    const name = shopName(random)
    if (!cast.some((sender) => sender.signature === name)) return name
  }
}

export function signed(signature: string, text: string): string {
  return `【${signature}】${text}`
}

export function linksOf(sender: Sender): { official?: string } {
  return sender.official === undefined ? {} : { official: sender.official }
}
