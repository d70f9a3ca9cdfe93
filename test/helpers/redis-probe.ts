import { connect, type Socket } from 'node:net'

/** A ping: when it was due, epoch ms, and how long after that its answer came, ms. */
export interface Ping {
  readonly at: number
  readonly took: number
}

const PROBE_EVERY = 20
/**
 * How late, ms, a ping may be sent and count from then. Later, it counts from when it was due: a probe that stood still
 * asked nothing meanwhile, and knows of no moment in it that Redis would have answered.
 */
const LATE = 5
const PONG = '+PONG\r\n'.length
/** What is written for a ping that no answer came to, ms. */
const NO_ANSWER = 3_600_000

/** An answer within this time, ms, is one of a Redis that must never lead to a degraded verdict. */
const PROMPT = 50
/** So long before a verdict is written its batch may have asked Redis, and a circuit that had opened be open still, ms. */
const BATCH_TOOK = 3_000
/** The same after an outage of a second and more, ms. */
const CIRCUIT_OPEN = 12_000

/** Measures the way to a Redis from outside of the process under test. */
export class RedisProbe {
  readonly #port: number
  readonly #pings: Ping[] = []
  readonly #timer: NodeJS.Timeout
  readonly #every: number
  /** When each ping was due that is not answered. */
  #sent: number[] = []
  #socket: Socket | undefined
  #bytes = 0
  /** When the next ping is due. */
  #due: number

  /** Pings each so many ms. */
  constructor(port: number, every = PROBE_EVERY) {
    this.#port = port
    this.#every = every
    this.#due = Date.now() + every
    this.#timer = setInterval(() => this.#ping(), every)
  }

  /** Ends it; returns what it measured. */
  stop(): readonly Ping[] {
    clearInterval(this.#timer)
    const now = Date.now()
    for (const at of this.#sent) this.#pings.push({ at, took: now - at })
    this.#sent = []
    this.#socket?.destroy()
    return this.#pings
  }

  #ping(): void {
    const now = Date.now()
    this.#socket ??= this.#open()
    this.#sent.push(now - this.#due > LATE ? this.#due : now)
    this.#due = now + this.#every
    this.#socket.write('PING\r\n')
  }

  #open(): Socket {
    const socket = connect(this.#port, '127.0.0.1')
    socket.setNoDelay(true)
    this.#bytes = 0
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      const now = Date.now()
      for (this.#bytes += chunk.length; this.#bytes >= PONG; this.#bytes -= PONG) {
        const at = this.#sent.shift()
        if (at !== undefined) this.#pings.push({ at, took: now - at })
      }
    })
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      for (const at of this.#sent.splice(0)) this.#pings.push({ at, took: NO_ANSWER })
    })
    return socket
  }
}

/** Of the moments, epoch ms, those before which every answer was prompt for as long as a slow one may be felt. */
export function promptBefore(moments: readonly number[], pings: readonly Ping[]): number[] {
  const slow = pings
    .filter(({ took }) => took > PROMPT)
    .map(({ at, took }) => {
      const felt = took === NO_ANSWER ? CIRCUIT_OPEN : took + (took < 1_000 ? BATCH_TOOK : CIRCUIT_OPEN)
      return { from: at, to: at + felt }
    })
  return moments.filter((moment) => !slow.some(({ from, to }) => from <= moment && moment <= to))
}

/** How long before a moment, epoch ms, the last answer came that was not prompt, ms; Infinity: all before were. */
export function sinceSlow(moment: number, pings: readonly Ping[]): number {
  const ends = pings.flatMap(({ at, took }) => (took > PROMPT && at <= moment ? [at + took] : []))
  return moment - Math.max(Number.NEGATIVE_INFINITY, ...ends)
}

/** Share of the answers that were prompt. */
export function promptShare(pings: readonly Ping[]): number {
  return pings.filter(({ took }) => took <= PROMPT).length / pings.length
}
