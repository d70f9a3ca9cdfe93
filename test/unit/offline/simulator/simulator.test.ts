import { describe, expect, it } from 'vitest'
import { CODES } from '../../../../src/detection/detectors/all.ts'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'
import { registryOf } from '../../../../src/offline/simulator/cast.ts'
import { levelAt, SCENARIOS, type ScenarioName } from '../../../../src/offline/simulator/scenarios.ts'
import { simulate } from '../../../../src/offline/simulator/simulate.ts'
import { decode, isRejection } from '../../../../src/pipeline/decode.ts'
import { readSideRow } from '../../../../src/pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../../../src/text/canonical-number.ts'

function collect(scenario: ScenarioName, seed: number, minutes: number, rate = 5) {
  const simulation = simulate({ scenario, seed, minutes, rate })
  return { simulation, records: [...simulation.minutes()].flat() }
}

describe('simulate', () => {
  it('gives the same traffic for a seed, and other traffic for another', () => {
    const values = (seed: number) =>
      collect('double-eleven-hour', seed, 15).records.map((r) => String(r.value))
    expect(values(7)).toEqual(values(7))
    expect(values(7)).not.toEqual(values(8))
  })

  it('writes records that the decoder takes, but for the poison', () => {
    const { simulation, records } = collect('double-eleven-hour', 1, 60, 12)
    let refused = 0
    const wrong: unknown[] = []
    for (const { value, truth } of records) {
      const raw = {
        position: { topic: 't', partition: 0, offset: 0 },
        timestamp: simulation.end,
        value: Buffer.from(value as string),
      }
      const rejected = isRejection(decode(raw, { futureReject: 300_000, maxRecordBytes: 1_000_000 }))
      if (rejected !== (truth?.label === 'invalid')) wrong.push(value)
      if (rejected) refused++
    }
    expect(wrong).toEqual([])
    expect(refused).toBeGreaterThan(0)
  })

  it('keeps times in order but for a few seconds, and ids apart', () => {
    const { records } = collect('ordinary-day', 2, 10)
    const read = records.map((r) => JSON.parse(String(r.value)) as { id: string; ts: number })
    expect(new Set(read.map((r) => r.id)).size).toBe(read.length)
    let latest = 0
    for (const { ts } of read) {
      expect(ts).toBeGreaterThan(latest - 10_000)
      latest = Math.max(latest, ts)
    }
  })

  it('says what it planted, within its time', () => {
    for (const name of ['double-eleven-hour', 'planted-day', 'bursts', 'climbs'] as const) {
      const simulation = simulate({ scenario: name, seed: 1 })
      expect(simulation.planted.length).toBeGreaterThan(5)
      for (const event of simulation.planted) {
        expect(event.from).toBeGreaterThanOrEqual(simulation.start)
        expect(event.to).toBeLessThanOrEqual(simulation.end)
      }
    }
    expect(simulate({ scenario: 'ordinary-day', seed: 1 }).planted).toEqual([])
  })

  it('follows the hours of a day, on average at the rate asked for', () => {
    const levels = Array.from({ length: 1440 }, (_, m) => levelAt(Date.UTC(2026, 0, 1) + m * 60_000))
    expect(levels.reduce((a, b) => a + b, 0) / 1440).toBeCloseTo(1, 1)
    expect(Math.max(...levels) / Math.min(...levels)).toBeGreaterThan(5)
  })

  it('has a registry that files every sender on its own ports', () => {
    const { simulation } = collect('double-eleven-hour', 1, 1)
    const { signatures } = registryOf(simulation.cast) as { signatures: { name: string; ports: string[] }[] }
    expect(new Set(signatures.map((s) => s.name)).size).toBe(signatures.length)
    for (const sender of simulation.cast) {
      const own = signatures.find((s) => s.name === sender.signature)!
      for (const port of sender.ports) expect(port.startsWith(own.ports[0]!.slice(0, -1))).toBe(true)
    }
    expect(Object.keys(SCENARIOS)).toContain('double-eleven-hour')
  })

  describe('a planted day', () => {
    const { simulation, records } = collect('planted-day', 1, 1440, 0.02)

    it('has every reason code, but for those whose modules say otherwise', () => {
      const planted = new Set([
        ...simulation.planted.flatMap((event) => (event.raise === false ? [] : [event.code])),
        ...records.flatMap(({ truth }) => truth?.codes ?? []),
      ])
      expect(CODE_NAMES.filter((code) => !planted.has(code))).toEqual(
        CODE_NAMES.filter((code) => CODES[code].planted === false),
      )
    })

    it('has events that must not be raised', () => {
      expect(simulation.planted.filter((event) => event.raise === false).length).toBeGreaterThan(10)
    })

    it.each(['consents', 'replies', 'complaints'] as const)('has %s that the service takes', (input) => {
      const rows = simulation.sides[input]
      expect(rows.length).toBeGreaterThan(10)
      for (const row of rows) expect(readSideRow(input, row, canonicalNumber)).toHaveProperty('row')
    })

    it('says of each planted record which event it belongs to', () => {
      const planted = records.flatMap(({ truth }) => (truth?.plant === undefined ? [] : [truth]))
      expect(planted.filter(({ event }) => typeof event !== 'string')).toEqual([])
      expect(planted.length).toBeGreaterThan(0)
    })
  })
})
