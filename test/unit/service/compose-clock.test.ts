import { afterEach, expect, it } from 'vitest'
import { TrustedClock } from '../../../src/domain/trusted-clock.ts'
import { ClockWatch } from '../../../src/service/compose-clock.ts'

const NOON = Date.UTC(2026, 10, 11, 4)
const DAY = 86_400_000

let watch: ClockWatch | undefined
afterEach(() => watch?.close())

/** A host whose clock jumps, next to a Redis and a broker that are right. */
function deployment() {
  let off = 0
  const host = () => NOON + performance.now() + off
  const clock = new TrustedClock({ host, monotonic: () => performance.now(), maxSkew: 30_000 })
  let asked = 0
  const ask = async () => {
    asked++
    const at = performance.now()
    for (const reference of ['redis', 'kafka'] as const)
      clock.observe(reference, NOON + at, { after: at, before: at })
  }
  watch = new ClockWatch({ clock, ask: [ask], emit: () => {} })
  return { clock, watch, asked: () => asked, jump: (ms: number) => (off += ms) }
}

it('asks the references at once when the host jumps, so that nothing is stamped with the jump', async () => {
  const { clock, watch, asked, jump } = deployment()
  await watch.start()
  expect(asked()).toBe(1)
  jump(200 * DAY)
  clock.now()
  await new Promise(setImmediate)
  expect(asked()).toBe(2)
  expect(Math.abs(clock.now() - NOON - performance.now())).toBeLessThan(1_000)
})

it('does not ask again for a clock that was slewed', async () => {
  const { clock, watch, asked, jump } = deployment()
  await watch.start()
  jump(500)
  clock.now()
  await new Promise(setImmediate)
  expect(asked()).toBe(1)
})
