import { describe, expect, it } from 'vitest'
import { ExpiredRows } from '../../../../src/adapters/sources/expired-rows.ts'

const PARTITION = { topic: 'sms.replies', partition: 0 }

function open(appliedBefore: number | undefined) {
  const told: unknown[] = []
  const rows = new ExpiredRows({
    appliedBefore: () => appliedBefore,
    onExpired: (_, removed) => void told.push(removed),
  })
  return { rows, told }
}

describe('rows that retention removed', () => {
  it('are reported once, from the last applied row on', () => {
    const { rows, told } = open(2)
    rows.look(PARTITION, 5)
    rows.look(PARTITION, 5)
    rows.look(PARTITION, 9, 7)
    expect(told).toEqual([
      { from: 2, to: 5 },
      { from: 7, to: 9 },
    ])
  })

  it('are not reported to a first reader', () => {
    const { rows, told } = open(undefined)
    rows.look(PARTITION, 5)
    expect(told).toEqual([])
  })

  it('are not reported by offsets of the topic before it was recreated', () => {
    const { rows, told } = open(2)
    rows.startOver()
    rows.look(PARTITION, 5)
    expect(told).toEqual([])
    rows.look(PARTITION, 5, 3)
    expect(told).toEqual([{ from: 3, to: 5 }])
  })
})
