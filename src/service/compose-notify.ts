import { randomUUID } from 'node:crypto'
import { Alertmanager } from '../adapters/alertmanager.ts'
import { createTableSource, type TableRow } from '../adapters/sources/table.ts'
import { type Notice, NoticeBoard } from '../analyst/notify/board.ts'
import { BrokerClock } from '../detection/blocking/broker-clock.ts'
import { RegistryHolder } from '../detection/versions/registry-holder.ts'
import { InvalidInput, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import { partitionKey } from '../domain/ports.ts'
import { MINUTE } from '../domain/time.ts'
import { fileMap } from '../pipeline/side-inputs/mapped-rows.ts'
import type { Config } from '../settings/config.ts'
import { kafkaOf } from './compose-clients.ts'
import type { Runnable } from './lifecycle.ts'

/** A running notifier. */
export interface Notifier extends Runnable {
  unready(): readonly string[]
}

/** States are renewed within it, ms. */
const RENEWED = 16 * MINUTE
/** What is open is posted so often, ms, and a change within a second. */
const POST_EVERY = 30_000
const POST_SOON = 1_000

/**
 * Posts the open states of a deployment and the rules that hold to Alertmanagers. Nothing is committed: each start reads the
 * alerts of the last minutes, and several notifiers post the same. Rejects with CONFIG_INVALID without an Alertmanager.
 */
export async function composeNotifier(config: Config, emit: Emit): Promise<Notifier> {
  const { alertmanagers, token, least, rules, desk } = config.notify
  if (!alertmanagers) {
    const message = 'is missing: name an Alertmanager, for example [http://127.0.0.1:9093]'
    throw new InvalidInput('CONFIG_INVALID', [
      { file: 'configuration', key: 'notify.alertmanagers', message },
    ])
  }
  const abort = new AbortController()
  const { registry, kafka } = config
  const holder = new RegistryHolder(registry ?? undefined, () => {}, undefined, fileMap(config, 'registry'))
  const board = new NoticeBoard({
    ...{ deployment: config.deployment, least, rules },
    ...given({ desk: desk?.replace(/\/+$/, '') }),
    verifiedBrand(signature) {
      const id = holder.current.signature(signature)?.brand
      const brand = id === undefined ? holder.current.brandByName(signature) : holder.current.brand(id)
      return brand?.verified ? brand.id : undefined
    },
  })
  const clock = new BrokerClock()
  const connection = kafkaOf(config, emit, abort.signal, { awaitsLogin: true })
  const source = createTableSource({
    ...{ connection, topic: kafka.topics.alerts, groupId: `${kafka.groupId}-notify-${randomUUID()}` },
    since: clock.now() - Math.max(RENEWED, ...rules.map(({ within }) => within)),
  })
  const poster = new Poster({
    servers: alertmanagers.map((url) => new Alertmanager({ url, ...given({ token: token?.reveal() }) })),
    notices: () => board.notices(clock.now()),
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

interface PosterOptions {
  readonly servers: readonly Alertmanager[]
  readonly notices: () => readonly Notice[]
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Posts at intervals and soon after a change, to each server by itself: one that hangs holds up no other. */
class Poster {
  readonly #options: PosterOptions
  readonly #busy = new Set<Alertmanager>()
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined

  constructor(options: PosterOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#post(), POST_EVERY)
    this.#post()
  }

  soon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#post()
    }, POST_SOON)
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
  }

  #post(): void {
    const { servers, notices, emit, signal } = this.#options
    const all = notices()
    const now = Date.now()
    const open = all.filter(({ endsAt }) => Date.parse(endsAt) > now).length
    for (const server of servers) {
      if (this.#busy.has(server)) continue
      this.#busy.add(server)
      server
        .post(all, signal)
        .then(() => emit({ name: 'notices_posted', posted: all.length, open }))
        .catch((error: unknown) => {
          if (signal.aborted) return
          const reason = error instanceof SigwatchError ? error.message : 'INTERNAL'
          emit({ name: 'notices_refused', reason })
        })
        .finally(() => this.#busy.delete(server))
    }
  }
}
