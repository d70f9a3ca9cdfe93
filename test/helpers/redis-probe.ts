import { connect, type Socket } from 'node:net'

/** A ping: when it was due, epoch ms, and the time from then to its answer, ms. */
export interface Ping {
  readonly at: number
  readonly took: number
}

const PROBE_EVERY = 20
/**
 * Pings sent at most this late, ms, are measured from when they were sent; later ones from when they were due, because Redis
 * may have been unreachable while the probe stood still.
 */
const LATE = 5
const PONG = '+PONG\r\n'.length
/** Recorded for a ping without an answer, ms. */
const NO_ANSWER = 3_600_000

/** If Redis answers within this time, ms, no verdict may be degraded. */
const PROMPT = 50
/** Maximum time from the request of a batch to its verdict, ms, including the time that a circuit stays open. */
const BATCH_TOOK = 3_000
/** The same after an outage of at least a second, ms. */
const CIRCUIT_OPEN = 12_000

/** Measures the round trip to a Redis from outside the process under test. */
export class RedisProbe {
  readonly #port: number
  readonly #pings: Ping[] = []
  readonly #timer: NodeJS.Timeout
  readonly #every: number
  /** Due times of unanswered pings. */
  #sent: number[] = []
  #socket: Socket | undefined
  #bytes = 0
  /** Due time of the next ping. */
  #due: number

  /** Pings every `every` ms. */
  constructor(port: number, every = PROBE_EVERY) {
    this.#port = port
    this.#every = every
    this.#due = Date.now() + every
    this.#timer = setInterval(() => this.#ping(), every)
  }

  /** Stops; returns the measurements. */
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

/** Those moments, epoch ms, that no slow answer can have affected. */
export function promptBefore(moments: readonly number[], pings: readonly Ping[]): number[] {
  const slow = pings
    .filter(({ took }) => took > PROMPT)
    .map(({ at, took }) => {
      const felt = took === NO_ANSWER ? CIRCUIT_OPEN : took + (took < 1_000 ? BATCH_TOOK : CIRCUIT_OPEN)
      return { from: at, to: at + felt }
    })
  return moments.filter((moment) => !slow.some(({ from, to }) => from <= moment && moment <= to))
}

/** Time from the last slow answer to a moment (epoch ms), ms; Infinity if there was none before. */
export function sinceSlow(moment: number, pings: readonly Ping[]): number {
  const ends = pings.flatMap(({ at, took }) => (took > PROMPT && at <= moment ? [at + took] : []))
  return moment - Math.max(Number.NEGATIVE_INFINITY, ...ends)
}

/** Share of prompt answers. */
export function promptShare(pings: readonly Ping[]): number {
  return pings.filter(({ took }) => took <= PROMPT).length / pings.length
}
