import type { ServerResponse } from 'node:http'
import { SECOND } from '../../domain/time.ts'
import type { Ask } from '../archive/ask.ts'

/** Streams that a session may have at once, and all sessions together: a page of the desk has one. */
const MOST_OF_SESSION = 6
const MOST = 100
/** How often the archive is asked whether something changed, ms. */
const EVERY = 5 * SECOND

/** What of the archive tells of a change: the newest sums and the state of the queue. */
const STATE = `SELECT concat_ws(' ',
    (SELECT max(ts) FROM sent_minute), (SELECT sum(n) FROM alert_minute WHERE code = '' AND ts > now() - interval '1 hour'),
    (SELECT max(at) FROM case_event), (SELECT max(last_at) FROM state_episode)) AS state`

interface Stream {
  readonly sessionId: string
  readonly response: ServerResponse
}

/** Tells open pages that the archive has something new; one question serves all. It tells nothing of what it is. */
export class LiveEvents {
  readonly #ask: Ask
  readonly #isOpen: (sessionId: string) => boolean
  readonly #streams = new Set<Stream>()
  #timer: ReturnType<typeof setInterval> | undefined
  #state: string | undefined

  /** `isOpen`: whether a session still is. */
  constructor(ask: Ask, isOpen: (sessionId: string) => boolean) {
    this.#ask = ask
    this.#isOpen = isOpen
  }

  /** Opens a stream; false: there are too many. */
  open(sessionId: string, response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    const own = [...this.#streams].filter((stream) => stream.sessionId === sessionId)
    if (own.length >= MOST_OF_SESSION || this.#streams.size >= MOST) return false
    const stream = { sessionId, response }
    this.#streams.add(stream)
    response.on('close', () => this.#drop(stream))
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    })
    response.write('retry: 10000\n\n')
    this.#timer ??= setInterval(() => void this.#look(), EVERY)
    return true
  }

  /** Whether a session follows a page. */
  follows(sessionId: string): boolean {
    return [...this.#streams].some((stream) => stream.sessionId === sessionId)
  }

  /** Ends the streams of a session, or all of them. The page does not try again. */
  end(sessionId?: string): void {
    for (const stream of this.#streams)
      if (sessionId === undefined || stream.sessionId === sessionId) {
        stream.response.end('event: closed\ndata: \n\n')
        this.#drop(stream)
      }
  }

  #drop(stream: Stream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #look(): Promise<void> {
    for (const { sessionId } of this.#streams) if (!this.#isOpen(sessionId)) this.end(sessionId)
    try {
      const [row] = await this.#ask<{ state: string }>(STATE, [])
      const isNew = this.#state !== undefined && row!.state !== this.#state
      this.#state = row!.state
      for (const { response } of this.#streams)
        response.write(isNew ? 'event: changed\ndata: \n\n' : ': \n\n')
    } catch {
      // The page that is asked for next says that the archive does not answer.
      for (const { response } of this.#streams) response.write(': \n\n')
    }
  }
}
