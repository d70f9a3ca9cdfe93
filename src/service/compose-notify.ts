import { randomUUID } from 'node:crypto'
import { Alertmanager } from '../adapters/alertmanager.ts'
import { createTableSource, type TableRow } from '../adapters/sources/table.ts'
import { type Notice, NoticeBoard } from '../analyst/notify/board.ts'
import { BrokerClock } from '../detection/blocking/broker-clock.ts'
import { RegistryHolder } from '../detection/versions/registry-holder.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import { partitionKey } from '../domain/ports.ts'
import { MINUTE } from '../domain/time.ts'
import { fileMap } from '../pipeline/side-inputs/mapped-rows.ts'
import type { Config } from '../settings/config.ts'
import { alertmanagersOf } from './command-needs.ts'
import { kafkaOf } from './compose-clients.ts'
import type { Runnable } from './lifecycle.ts'

export interface Notifier extends Runnable {
  unready(): readonly string[]
}

/** States are renewed at least this often, ms. */
const RENEWED = 16 * MINUTE
/** Open states are posted at this interval and changes after at most `POST_SOON`, ms. */
const POST_EVERY = 30_000
const POST_SOON = 1_000

/**
 * Posts the open states of a deployment and the firing rules to Alertmanagers. Nothing is committed: each start reads the
 * alerts of the last minutes, and several notifiers post the same alerts. Rejects with CONFIG_INVALID without an Alertmanager.
 */
export async function composeNotifier(config: Config, emit: Emit): Promise<Notifier> {
  const alertmanagers = alertmanagersOf(config)
  const { token, rules } = config.notify
  const abort = new AbortController()
  const board = boardOf(config)
  const { kafka } = config
  const clock = new BrokerClock()
  const connection = kafkaOf(config, emit, abort.signal, { awaitsLogin: true })
  const source = createTableSource({
    ...{ connection, topic: kafka.topics.alerts, groupId: `${kafka.groupId}-notify-${randomUUID()}` },
    since: clock.now() - Math.max(RENEWED, ...rules.map(({ within }) => within)),
  })
  const poster = new Poster({
    servers: alertmanagers.map((url) => new Alertmanager({ url, ...given({ token: token?.reveal() }) })),
    all() {
      const now = clock.now()
      const all = board.notices(now)
      emit({ name: 'notices_open', open: all.filter(({ endsAt }) => Date.parse(endsAt) > now).length })
      return all
    },
    changes: () => board.changes(clock.now()),
    emit,
    signal: abort.signal,
  })
  let isCaughtUp = false
  const take = async (rows: readonly TableRow[]) => {
    const unread = rows.filter(({ value }) => value === null || !board.take(value.toString())).length
    if (unread > 0) emit({ name: 'alerts_unread', count: unread })
    const { timestamp, timestampType, position } = rows.at(-1)!
    if (!isCaughtUp) return
    if (timestampType === 'LogAppendTime') clock.appended(partitionKey(position), timestamp)
    poster.soon()
  }
  void source.caughtUp.then(() => {
    isCaughtUp = true
    poster.start()
  })
  return {
    unready: () => source.unready(),
    async run() {
      await connection.requireTopics([kafka.topics.alerts])
      await source.run(take)
    },
    stop: () => source.stop(),
    async close() {
      abort.abort()
      poster.close()
      await source.stop()
      await connection.close()
    },
  }
}

function boardOf(config: Config): NoticeBoard {
  const { deployment, registry } = config
  const { least, rules, desk } = config.notify
  const holder = new RegistryHolder(registry ?? undefined, () => {}, undefined, fileMap(config, 'registry'))
  return new NoticeBoard({
    ...{ deployment, least, rules },
    ...given({ desk: desk?.replace(/\/+$/, '') }),
    verifiedBrand(signature) {
      const id = holder.current.signature(signature)?.brand
      const brand = id === undefined ? holder.current.brandByName(signature) : holder.current.brand(id)
      return brand?.verified ? brand.id : undefined
    },
  })
}

interface PosterOptions {
  readonly servers: readonly Alertmanager[]
  readonly all: () => readonly Notice[]
  readonly changes: () => readonly Notice[]
  readonly emit: Emit
  readonly signal: AbortSignal
}

/**
 * Posts everything at intervals and changes shortly after they happen. Each server is posted to independently, so that one that
 * hangs does not delay the others.
 */
class Poster {
  readonly #options: PosterOptions
  readonly #busy = new Set<Alertmanager>()
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined

  constructor(options: PosterOptions) {
    this.#options = options
  }

  start(): void {
    const { all } = this.#options
    this.#timer = setInterval(() => this.#post(all()), POST_EVERY)
    this.#post(all())
  }

  soon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      const changes = this.#options.changes()
      if (changes.length > 0) this.#post(changes)
    }, POST_SOON)
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
  }

  #post(notices: readonly Notice[]): void {
    const { servers, emit, signal } = this.#options
    for (const server of servers) {
      if (this.#busy.has(server)) continue
      this.#busy.add(server)
      server
        .post(notices, signal)
        .then(() => emit({ name: 'notices_posted', posted: notices.length }))
        .catch((error: unknown) => {
          if (signal.aborted) return
          const reason = error instanceof SigwatchError ? error.message : 'INTERNAL'
          emit({ name: 'notices_refused', reason })
        })
        .finally(() => this.#busy.delete(server))
    }
  }
}
