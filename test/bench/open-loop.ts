import { setTimeout as sleep } from 'node:timers/promises'

export interface Offered {
  readonly key: string
  readonly value: string
}

/** Interval of requests of an open loop, ms. */
const TICK = 10

/** Added to the mobile numbers of each pass over a traffic; the simulator has fewer. */
const MOBILES = 1_000_000

/**
 * The `n`th message of a traffic that is sent in a loop, dated `now`, with a unique id. Each pass has subscribers of its own:
 * otherwise each would be flooded, or appear to send to ever more others.
 */
export function asOfNow(lines: readonly string[], n: number, now: number): Offered {
  const line = lines[n % lines.length]!
  const pass = Math.floor(n / lines.length)
  const value = line
    .replace(/"ts":\d+/, `"ts":${now}`)
    .replace('"id":"', `"id":"${n}-`)
    .replaceAll(/(?<=":")1[3-9]\d{9}(?=")/g, (mobile) => String(Number(mobile) + pass * MOBILES))
  return { key: /"from":"([^"]*)"/.exec(line)![1]!, value }
}

/**
 * Sends messages at a fixed rate per second until `end`, epoch ms, regardless of results, so that a slow service gets the same
 * load as a fast one. Resolves when all are acknowledged.
 */
export async function offerUntil(
  end: number,
  rate: number,
  next: (now: number) => Offered,
  send: (messages: Offered[]) => Promise<unknown>,
): Promise<void> {
  const began = Date.now()
  const sending = new Set<Promise<unknown>>()
  let sent = 0
  for (let now = began; now < end; now = Date.now()) {
    const messages: Offered[] = []
    for (const due = Math.floor(((now - began) / 1_000) * rate); sent < due; sent++) messages.push(next(now))
    if (messages.length > 0) {
      const request = send(messages).finally(() => sending.delete(request))
      sending.add(request)
    }
    await sleep(TICK)
  }
  await Promise.all(sending)
}
