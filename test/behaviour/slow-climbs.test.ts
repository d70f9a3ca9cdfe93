import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/domain/alert.ts'
import type { PlantedEvent } from '../../src/offline/simulator/plants.ts'
import { readJsonl, useFolder } from '../helpers/jsonl.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

/** Seconds from the beginning of a climb to four times the usual within which it is raised, by the minutes that it takes. */
const WITHIN: Readonly<Record<string, number>> = {
  'climb-20-minutes': 1_950,
  'climb-40-minutes': 2_600,
  'climb-60-minutes': 3_300,
  'climb-early': 2_600,
  'climb-after-first-ramp': 2_300,
}

describe('three hours with slow climbs', () => {
  const folder = useFolder()

  it('raises each climb before it is over, and nothing that looks like one', async () => {
    const file = (name: string) => folder.file(name)
    const simulated = await warmSigwatch([
      ...['simulate', '--scenario', 'climbs', '--rate', '1', '--out', file('messages.jsonl')],
      ...['--truth', file('truth.jsonl'), '--registry-out', file('registry.yaml')],
    ])
    expect(simulated.code, simulated.stderr).toBe(0)
    const planted = readJsonl<PlantedEvent>(file('truth.jsonl')).filter(({ target }) => target !== undefined)
    expect(planted).toHaveLength(12)
    const ran = await warmSigwatch([
      ...['run', '--source', file('messages.jsonl'), '--registry', file('registry.yaml')],
      ...['--alerts', file('alerts.jsonl'), '--now', '2027-01-01T00:00:00+08:00'],
    ])
    expect(ran.code, ran.stderr).toBe(0)
    const raised = readJsonl<Alert>(file('alerts.jsonl')).filter(
      ({ type, data }) =>
        type === 'sigwatch.alert.raised' && data.reasons.some(({ code }) => code === 'MARKETING_BURST'),
    )
    const due = planted.filter((event) => event.raise !== false)
    expect(raised.map(({ data }) => data.target.id).sort()).toEqual(due.map(({ target }) => target.id).sort())
    for (const { event, target, from } of due) {
      const alert = raised.find(({ data }) => data.target.id === target.id)!
      const after = (Date.parse(alert.time) - from) / 1_000
      expect(after, event).toBeLessThanOrEqual(WITHIN[event]!)
      expect(alert.data.action, event).toBe('review')
    }
  }, 180_000)
})
