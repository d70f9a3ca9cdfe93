import type {
  FanoutReading,
  MemberReading,
  Observations,
  RateReading,
  Readings,
  TallyReading,
} from '../../domain/feature-store.ts'
import { fanoutEntity } from './fanouts.ts'
import { SHARDS, shardOf, tallyEntity } from './layout.ts'

export class Collected implements Pick<Readings, 'rates' | 'members' | 'tallies' | 'fanouts'> {
  readonly rates: RateReading[] = []
  readonly members: MemberReading[] = []
  readonly tallies: TallyReading[] = []
  readonly fanouts: FanoutReading[] = []
  /** Shards in which all or part of the batch could not be counted. */
  readonly failed = new Set<number>()

  add(reply: Pick<Readings, 'rates' | 'members' | 'tallies' | 'fanouts'>): void {
    this.rates.push(...reply.rates)
    this.members.push(...reply.members)
    this.tallies.push(...reply.tallies)
    this.fanouts.push(...reply.fanouts)
  }
}

/** Indices of the messages that are judged by a reading of one of these shards. */
export function judgedBy(batch: readonly Observations[], shards: ReadonlySet<number>): Set<number> {
  const indices = new Set<number>()
  const lies = (entity: string): boolean => shards.has(shardOf(entity, SHARDS))
  batch.forEach(({ rates, members, tallies, fanout }, i) => {
    if (
      rates.some(({ entity, reportFrom }) => Number.isFinite(reportFrom) && lies(entity)) ||
      members.some(({ entity }) => lies(entity)) ||
      tallies.some(({ kind, id }) => lies(tallyEntity(kind, id))) ||
      (fanout !== undefined && lies(fanoutEntity(fanout)))
    )
      indices.add(i)
  })
  return indices
}
