import type { Code, TargetKind } from '../../domain/codes.ts'
import type { Label } from '../../domain/labels.ts'
import { MINUTE } from '../../domain/time.ts'
import { type Sender, shopName } from './cast.ts'
import type { Random } from './random.ts'
import type { SideInputs } from './side-inputs.ts'

/** A message before it is written as a record. */
export interface PlannedMessage {
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly label: Label
  readonly blocked?: boolean
  /** Codes that must be found on this message. */
  readonly codes?: readonly Code[]
  /** Kind of the planted event it belongs to. */
  readonly event?: string
}

/** A planted event, as listed by `--truth`. The target id of a campaign is `*`, that of a recipient its number. */
export interface PlantedEvent {
  readonly event: string
  readonly code: Code
  readonly target: { readonly kind: TargetKind; readonly id: string }
  /** Epoch ms. */
  readonly from: number
  readonly to: number
  /** false for a look-alike that must not be raised. */
  readonly raise?: false
  /** Codes of other states that may be raised with it. */
  readonly also?: readonly Code[]
  /** Number of its messages needed to pass the shipped thresholds. */
  readonly needs?: number
  /** Earliest time at which the thresholds can be passed, epoch ms, if this does not follow from the messages. */
  readonly possible?: number
}

/** An event and the messages it adds to each minute. */
export interface Plant {
  readonly truth: readonly PlantedEvent[]
  readonly from: number
  readonly to: number
  /** Registry rows it needs; they replace those of the same signature. */
  readonly senders?: readonly Sender[]
  readonly sides?: Partial<SideInputs>
  /** Messages of the minute starting at `minute`. */
  drafts(minute: number, random: Random): readonly PlannedMessage[]
}

/** A fictitious subscriber. Low ranks are drawn more often than high ones, but none more than about 20 times a day. */
export function subscriber(random: Random, population = 400_000): string {
  const rank = Math.floor(population * random.next() ** 1.1)
  return `170${String(rank).padStart(8, '0')}`
}

/** `count` messages at random times of a minute. */
export function spread(
  minute: number,
  count: number,
  random: Random,
  draft: (ts: number) => PlannedMessage,
): PlannedMessage[] {
  return Array.from({ length: count }, () => draft(minute + Math.floor(random.next() * MINUTE)))
}

interface Course {
  readonly from: number
  readonly to: number
  /** Messages per minute on average. */
  readonly perMinute: number
}

/** A plant at a steady rate, with its event over all of that time, or none. */
export function steady(
  { from, to, perMinute }: Course,
  planted: Omit<PlantedEvent, 'from' | 'to'> | undefined,
  draft: (ts: number, random: Random) => PlannedMessage,
): Plant {
  const spanning = ({ event, code, target, ...more }: Omit<PlantedEvent, 'from' | 'to'>): PlantedEvent => ({
    ...{ event, code, target, from, to },
    ...more,
  })
  return {
    from,
    to,
    truth: planted ? [spanning(planted)] : [],
    drafts: (minute, random) => spread(minute, random.poisson(perMinute), random, (ts) => draft(ts, random)),
  }
}

/** A shop name that is not filed. */
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
