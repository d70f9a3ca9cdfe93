import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, type Redis } from 'ioredis'

interface Listener {
  readonly listener: (message: string) => void
  readonly subscribed?: () => void
}

/** Subscriptions, restored after reconnecting, on a separate connection (a Cluster client has its own). */
export class Channels {
  readonly #client: Redis | Cluster
  readonly #listeners = new Map<string, Listener[]>()
  #subscriber: Redis | Cluster | undefined
  #closed = false

  constructor(client: Redis | Cluster) {
    this.#client = client
  }

  subscribe(channel: string, listener: (message: string) => void, subscribed?: () => void): void {
    const entry = subscribed ? { listener, subscribed } : { listener }
    const entries = this.#listeners.get(channel)
    if (entries) {
      entries.push(entry)
      subscribed?.()
      return
    }
    this.#listeners.set(channel, [entry])
    const subscriber = this.#open()
    if (subscriber.status === 'ready') void this.#enter(subscriber, [channel])
  }

  /** Reconnects: another server may be behind the address now. */
  renew(): void {
    if (this.#subscriber && !(this.#subscriber instanceof Cluster)) this.#subscriber.disconnect(true)
  }

  close(): void {
    this.#closed = true
    if (this.#subscriber !== this.#client) this.#subscriber?.disconnect()
  }

  #open(): Redis | Cluster {
    if (this.#subscriber) return this.#subscriber
    const subscriber =
      this.#client instanceof Cluster
        ? this.#client
        : this.#client.duplicate({ autoResubscribe: false, connectionName: 'sigwatch-subscriber' })
    this.#subscriber = subscriber
    subscriber.on('message', (channel: string, message: string) => {
      for (const { listener } of this.#listeners.get(channel) ?? []) listener(message)
    })
    const renew = (): void => void this.#enter(subscriber, [...this.#listeners.keys()])
    subscriber.on('ready', renew)
    if (subscriber instanceof Cluster) subscriber.on('+subscriber', renew)
    else subscriber.on('error', () => {})
    return subscriber
  }

  async #enter(subscriber: Redis | Cluster, channels: string[]): Promise<void> {
    while (!this.#closed && channels.length > 0) {
      try {
        await subscriber.subscribe(...channels)
        for (const channel of channels)
          for (const entry of this.#listeners.get(channel) ?? []) entry.subscribed?.()
        return
      } catch {
        // ioredis emits `ready` after a reconnect, which resubscribes to all channels.
        if (!(subscriber instanceof Cluster)) return
        await sleep(500, undefined, { ref: false })
      }
    }
  }
}
