import { describe, expect, it } from 'vitest'
import { EntityGate } from '../../../src/pipeline/entity-gate.ts'
import { collectGarbage } from '../../helpers/collect-garbage.ts'

const T = Date.UTC(2026, 10, 11, 8)
const MINUTE = 60_000
const let_in = (results: readonly boolean[]) => results.filter(Boolean).length
const times = (n: number, one: (i: number) => boolean) => Array.from({ length: n }, (_, i) => one(i))

describe('what one port may bring up', () => {
  it('is 256 names in an hour, and those stay', () => {
    const gate = new EntityGate()
    expect(let_in(times(1000, (i) => gate.name('1069', `n${i}`, T + i)))).toBe(256)
    expect(gate.takeRefused()).toBe(744)
    expect(gate.takeRefused()).toBe(0)
    expect(let_in(times(256, (i) => gate.name('1069', `n${i}`, T + 30 * MINUTE)))).toBe(256)
    expect(gate.name('1068', 'n999', T)).toBe(true)
    expect(let_in(times(1000, (i) => gate.name('1069', `m${i}`, T + 60 * MINUTE)))).toBe(256)
  })

  it('is eight times as much for all extensions of one port', () => {
    const gate = new EntityGate()
    const port = (i: number) => `106901234567${String(i).padStart(4, '0')}`
    expect(let_in(times(5000, (i) => gate.name(port(i), `n${i}`, T)))).toBe(8 * 256)
    expect(gate.name('1069012345680001', 'n0', T)).toBe(true)
    const target = (i: number) => ({ entity: `escalation:FORGED_BRAND:sender:n@${port(i)}` })
    expect(let_in(times(5000, (i) => gate.entity(`13912340${i % 100}`, target(i), T)))).toBe(8 * 240)
  })

  it('is 512 extensions of one port in an hour that are counted individually, and those that send more', () => {
    const gate = new EntityGate()
    const port = (i: number) => `106901234567${String(i).padStart(4, '0')}`
    expect(let_in(times(5000, (i) => gate.port(port(i), T)))).toBe(512)
    expect(gate.port(port(0), T + 59 * MINUTE)).toBe(true)
    // Nobody hides a busy one behind others that he makes up.
    expect(times(32, () => gate.port(port(9000), T)).lastIndexOf(false)).toBe(30)
    expect(gate.port(port(9000), T)).toBe(true)
    // Another lessee, and a port that has no extension, are not touched by that.
    expect(gate.port('1069099999990001', T)).toBe(true)
    expect(let_in(times(5000, (i) => gate.port(`1069${i}`, T)))).toBe(5000)
    expect(gate.takeRefused()).toBe(5000 - 512 + 31)
    expect(gate.port(port(4999), T + 60 * MINUTE)).toBe(true)
  })

  it('is 240 templates and targets in a minute, and 256 targets in an hour', () => {
    const gate = new EntityGate()
    const band = (i: number, ts: number) => gate.entity('1069', { entity: `campaign-senders:${i}` }, ts)
    expect(let_in(times(1000, (i) => band(i, T)))).toBe(240)
    expect(let_in(times(1000, (i) => band(1000 + i, T + MINUTE)))).toBe(240)
    // A wild timestamp of the past opens nothing.
    expect(let_in(times(10, (i) => band(5000 + i, T)))).toBe(0)
    const target = (i: number, ts: number) =>
      gate.entity('1068', { entity: `escalation:FORGED_BRAND:domain:${i}` }, ts)
    expect(let_in(times(1000, (i) => target(i, T + (i % 20) * MINUTE)))).toBe(256)
  })
})

describe('memory of the gate', () => {
  it('stays below 8 MB with a million numbers', () => {
    const bytes = () => {
      collectGarbage()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const before = bytes()
    const gate = new EntityGate()
    // A hundred prefixes: half of the numbers of the first hours are counted individually, later ones wait.
    for (let i = 0; i < 1_000_000; i++)
      gate.port(`139${1000 + (i % 1000)}${String(i).padStart(6, '0')}`, T + i)
    expect(bytes() - before).toBeLessThan(8_000_000)
    expect(gate.takeRefused()).toBeGreaterThan(0)
  })
})
