import { setTimeout as sleep } from 'node:timers/promises'

export interface Offered {
  readonly key: string
  readonly value: string
}

/** Between two requests of an open loop, ms. */
const TICK = 10

/** A message of the traffic as of now, under an id of its own. */
export function asOfNow(line: string, n: number, now: number): Offered {
  const value = line.replace(/"ts":\d+/, `"ts":${now}`).replace('"id":"', `"id":"${n}-`)
  return { key: /"from":"([^"]*)"/.exec(line)![1]!, value }
}

/**
 * Sends so many messages a second until `end`, epoch ms, whatever becomes of them: who is slow is offered as many as who is
 * quick. Resolves when all are acknowledged.
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
