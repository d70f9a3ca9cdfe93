import { ArchiveIntake, type IntakeOptions } from '../../src/analyst/archive/intake.ts'
import { Partitions } from '../../src/analyst/archive/partitions.ts'
import type { Event } from '../../src/domain/events.ts'
import { type BoundedClock, exactClock } from '../../src/domain/ports.ts'
import { TrustedClock } from '../../src/domain/trusted-clock.ts'

export const DAY = 86_400_000

/** A clock with the given times of host and PostgreSQL, epoch ms; both advance. */
export function twoClocks(host: number, postgres: number): TrustedClock {
  const clock = new TrustedClock({
    host: () => host + performance.now(),
    monotonic: () => performance.now(),
    maxSkew: 30_000,
  })
  const now = performance.now()
  clock.observe('postgres', postgres + now, { after: now, before: now })
  return clock
}

export interface OpenIntake {
  readonly events: Event[]
  /** Archives values as records of the topic of an input. */
  take(input: (typeof TOPICS)[number], values: readonly (object | string)[]): Promise<void>
  close(): Promise<void>
}

const TOPICS = ['alerts', 'verdicts', 'feedback', 'feedbackResults', 'enforcements', 'complaints'] as const
let opened = 0

/** An intake without brokers: its records come from the test. */
export async function openIntake(
  url: string,
  {
    clock = exactClock(Date.now),
    topics = {},
    ...over
  }: Partial<IntakeOptions> & {
    readonly clock?: BoundedClock
    /** Names of topics; default: unique names. */
    readonly topics?: Partial<Record<(typeof TOPICS)[number], string>>
  } = {},
): Promise<OpenIntake> {
  const events: Event[] = []
  const run = ++opened
  const nameOf = (input: (typeof TOPICS)[number]) => topics[input] ?? `${input}-${run}`
  const intake = new ArchiveIntake({
    url,
    inputs: new Map(TOPICS.map((input) => [nameOf(input), input])),
    partitions: new Partitions(180 * DAY),
    clock,
    sample: 1,
    tokenise: (to) => `1.${Buffer.from(to.padEnd(16).slice(-16)).toString('base64url')}`,
    logsOf: async (partitions) => partitions.map((p) => ({ ...p, startOffset: 0, endOffset: 1_000_000 })),
    saw: () => {},
    commit: async () => {},
    emit: (event) => void events.push(event),
    signal: new AbortController().signal,
    ...over,
  })
  await intake.assigned(TOPICS.map((input) => ({ topic: nameOf(input), partition: 0 })))
  const next = new Map<string, number>()
  return {
    events,
    async take(input, values) {
      const topic = nameOf(input)
      const from = next.get(topic) ?? 0
      next.set(topic, from + values.length)
      await intake.records({
        partition: { topic, partition: 0 },
        epoch: 1,
        from,
        lag: 0,
        records: values.map((value, i) => ({
          position: { topic, partition: 0, offset: from + i },
          timestamp: Date.now(),
          value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
        })),
      })
    },
    close: () => intake.close(),
  }
}

/** Duration of the work, ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
