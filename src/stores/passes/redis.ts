import type { Outcome, RedisLink } from '../../adapters/redis/link.ts'
import { loadScript, type ScriptCall } from '../../adapters/redis/script.ts'
import {
  PARTS_SECONDS,
  PASS_SECONDS,
  type PassAnswer,
  type PassBook,
  type PassRequest,
  type StoppedBy,
} from '../../domain/pass-book.ts'

const PASS = loadScript(import.meta.url, 'pass')
const STOP = loadScript(import.meta.url, 'stop')
const TAKE_GONE = loadScript(import.meta.url, 'take-gone')

export interface RedisPassBookOptions {
  readonly link: Pick<RedisLink, 'settle'>
  /** `sigwatch:<deployment>` */
  readonly prefix: string
}

interface Waiting {
  readonly call: ScriptCall
  readonly done: (outcome: Outcome) => void
}

/**
 * Messages that all instances of a deployment let through, by the clock of Redis. All keys share one slot, as a message
 * may count against several throttles. Requests of one tick are sent in one pipeline. Rejects with REDIS_UNREACHABLE.
 */
export class RedisPassBook implements PassBook {
  readonly #link: RedisPassBookOptions['link']
  readonly #tag: string
  #waiting: Waiting[] = []

  constructor({ link, prefix }: RedisPassBookOptions) {
    this.#link = link
    this.#tag = `{${prefix}:passes}`
  }

  async settle(requests: readonly PassRequest[]): Promise<PassAnswer[]> {
    const outcomes = await Promise.all(requests.map((request) => this.#ask(this.#callOf(request))))
    return outcomes.map(answerOf)
  }

  async stop(sms: string, by: StoppedBy): Promise<void> {
    const args = [JSON.stringify(by), PARTS_SECONDS]
    replyOf(await this.#ask({ script: STOP, keys: [this.#stoppedKey(sms)], args }))
  }

  async takeGone(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return []
    const keys = ids.map((id) => this.#goneKey(id))
    const taken = replyOf(await this.#ask({ script: TAKE_GONE, keys, args: [] })) as readonly number[]
    return ids.filter((_, i) => taken[i] === 1)
  }

  #callOf({ throttles, part }: PassRequest): ScriptCall {
    const ofPart = part ? [this.#stoppedKey(part.sms), this.#goneKey(part.id)] : []
    return {
      script: PASS,
      keys: [...ofPart, ...throttles.map(({ state }) => `${this.#tag}:minute:${state}`)],
      args: [part ? 1 : 0, PARTS_SECONDS, PASS_SECONDS, ...throttles.map(({ perMinute }) => perMinute)],
    }
  }

  #stoppedKey(sms: string): string {
    return `${this.#tag}:stopped:${sms}`
  }

  #goneKey(id: string): string {
    return `${this.#tag}:gone:${id}`
  }

  #ask(call: ScriptCall): Promise<Outcome> {
    return new Promise((done) => {
      if (this.#waiting.push({ call, done }) === 1) setImmediate(() => void this.#send())
    })
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    const outcomes = await this.#link.settle(waiting.map(({ call }) => call))
    for (const [i, { done }] of waiting.entries()) done(outcomes[i]!)
  }
}

function replyOf(outcome: Outcome): unknown {
  if (outcome.error) throw outcome.error
  return outcome.reply
}

function answerOf(outcome: Outcome): PassAnswer {
  const reply = replyOf(outcome)
  if (typeof reply === 'number')
    return reply === 0 ? { outcome: 'passes' } : { outcome: 'full', full: reply - 1 }
  return { outcome: 'stopped', by: JSON.parse(String(reply)) as StoppedBy }
}
