import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { PartitionProgress, PartitionReport, SideOffset, Standing } from '../../domain/state-store.ts'
import { DAY } from '../../domain/time.ts'
import { OWNERLESS_AFTER } from './watermark.ts'

/** A partition without a report holds the watermark back; after this time its topic is considered deleted, ms. */
const FORGET_PARTITION_AFTER = DAY

/** Reports contain the index in this list. */
const STANDINGS: readonly Standing[] = ['behind', 'idle', 'current']

const REPORT = loadScript(import.meta.url, 'report-progress')
const PROGRESS = loadScript(import.meta.url, 'read-progress')
const REPORT_SIDE = loadScript(import.meta.url, 'report-side-offsets')

/** Progress of input and side topics as reported by all instances. Rejects with REDIS_UNREACHABLE. */
export class RedisProgress {
  readonly #link: RedisLink
  readonly #control: string

  /** `control` is the prefix of keys that exist once per deployment. */
  constructor(link: RedisLink, control: string) {
    this.#link = link
    this.#control = control
  }

  async report(reports: readonly PartitionReport[]): Promise<void> {
    if (reports.length === 0) return
    const args = reports.flatMap((p) => [partitionKey(p), p.eventTime ?? '-', STANDINGS.indexOf(p.standing)])
    await this.#link.run([{ script: REPORT, keys: [`${this.#control}:progress`], args }])
  }

  async read(): Promise<PartitionProgress[]> {
    const call = { script: PROGRESS, keys: [`${this.#control}:progress`], args: [FORGET_PARTITION_AFTER] }
    const [reply] = (await this.#link.run([call])) as [(string | number)[]]
    const out: PartitionProgress[] = []
    for (let i = 0; i < reply.length; i += 4) {
      out.push({
        ...partitionOf(String(reply[i])),
        eventTime: Number(reply[i + 1]),
        standing: STANDINGS[Number(reply[i + 2])]!,
        ownerless: Number(reply[i + 3]) >= OWNERLESS_AFTER,
      })
    }
    return out
  }

  async reportSideOffsets(offsets: readonly SideOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const args = offsets.flatMap((o) => [partitionKey(o), o.timestamp, o.offset])
    await this.#link.run([{ script: REPORT_SIDE, keys: [`${this.#control}:side-offsets`], args }])
  }

  async sideOffsets(): Promise<SideOffset[]> {
    const flat = (await this.#link.command('HGETALL', `${this.#control}:side-offsets`)) as string[]
    const out: SideOffset[] = []
    for (let i = 0; i < flat.length; i += 2) {
      const [timestamp, offset] = flat[i + 1]!.split(' ').map(Number) as [number, number]
      out.push({ ...partitionOf(flat[i]!), offset, timestamp })
    }
    return out
  }
}

/** The inverse of `partitionKey`. */
function partitionOf(key: string): PartitionId {
  const slash = key.lastIndexOf('/')
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) }
}
