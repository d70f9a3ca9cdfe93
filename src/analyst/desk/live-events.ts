import type { ServerResponse } from 'node:http'
import { SECOND } from '../../domain/time.ts'
import type { Ask } from '../archive/ask.ts'

/** Maximum number of streams per session and in total; each open page has one. */
const MOST_OF_SESSION = 6
const MOST = 100
/** Interval between checks for changes, ms. */
const EVERY = 5 * SECOND

/** Changes whenever pages may have to be refreshed: with the newest sums and the state of the queue. */
const STATE = `SELECT concat_ws(' ',
    (SELECT max(ts) FROM sent_minute), (SELECT sum(n) FROM alert_minute WHERE code = '' AND ts > now() - interval '1 hour'),
    (SELECT max(at) FROM case_event), (SELECT max(last_at) FROM state_episode)) AS state`

interface Stream {
  readonly sessionId: string
  readonly response: ServerResponse
}

/** Notifies open pages that the archive has changed, with one query for all of them. Events contain no data. */
export class LiveEvents {
  readonly #ask: Ask
  readonly #isOpen: (sessionId: string) => boolean
  readonly #streams = new Set<Stream>()
  #timer: ReturnType<typeof setInterval> | undefined
  #state: string | undefined

  /** `isOpen`: whether a session is still open. */
  constructor(ask: Ask, isOpen: (sessionId: string) => boolean) {
    this.#ask = ask
    this.#isOpen = isOpen
  }

  /** Opens a stream. Returns false if there are too many. */
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

  /** Whether a session has an open stream. */
  follows(sessionId: string): boolean {
    return [...this.#streams].some((stream) => stream.sessionId === sessionId)
  }

  /** Ends the streams of a session, or all streams. Pages do not reconnect. */
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
      // The next page that is requested reports that the archive does not answer.
      for (const { response } of this.#streams) response.write(': \n\n')
    }
  }
}
