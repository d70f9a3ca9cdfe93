import { setTimeout as sleep } from 'node:timers/promises'

export interface Offered {
  readonly key: string
  readonly value: string
}

/** Interval of requests of an open loop, ms. */
const TICK = 10

/** A message of the traffic, dated `now` and with a unique id. */
export function asOfNow(line: string, n: number, now: number): Offered {
  const value = line.replace(/"ts":\d+/, `"ts":${now}`).replace('"id":"', `"id":"${n}-`)
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
