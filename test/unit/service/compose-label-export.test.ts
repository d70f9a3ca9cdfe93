import { describe, expect, it } from 'vitest'
import { labelOf } from '../../../src/analyst/learning/judged.ts'
import { casesOfFiles } from '../../../src/service/compose-label-export.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { useFolder, writeJsonl } from '../../helpers/jsonl.ts'

const AT = Date.UTC(2026, 10, 11, 4)
const ALL = { from: AT - 1, to: AT + 1_000_000 }

describe('judged cases of files', () => {
  const folder = useFolder()
  const cases = async (...rows: readonly object[]) => {
    const [alerts, feedback] = [folder.file('alerts.jsonl'), folder.file('feedback.jsonl')]
    writeJsonl(alerts, [messageAlertAt('m1', AT), messageAlertAt('m2', AT)])
    writeJsonl(feedback, rows)
    const found = await casesOfFiles({ alerts: [alerts], feedback: [feedback] }, ALL)
    return found.cases.map((one) => [one.alert.data.message!.id, one.judgement.by, labelOf(one)])
  }
  const said = (messageId: string, over: object = {}) => ({
    ...{ messageId, verdict: 'confirmed', by: 'lin', ts: AT, feedbackId: `f-${messageId}` },
    ...over,
  })

  it('take the label that the analyst chose', async () => {
    const note = 'label: illicit'
    expect(await cases(said('m1', { verdict: 'false_positive', label: 'notice', note }), said('m2'))).toEqual(
      [
        ['m1', 'lin', 'notice'],
        ['m2', 'lin', 'fraud'],
      ],
    )
  })

  it('leave out what was taken back, by itself or with its batch, and keep what was said after', async () => {
    const undo = (id: string, ts: number) => ({ undo: id, by: 'wu', ts })
    expect(await cases(said('m1'), said('m2'), undo('f-m1', AT + 1))).toEqual([['m2', 'lin', 'fraud']])
    const batch = 'b1'
    const again = said('m2', { by: 'wu', ts: AT + 2, feedbackId: 'f-later' })
    expect(await cases(said('m1', { batch }), said('m2', { batch }), undo(batch, AT + 1), again)).toEqual([
      ['m2', 'wu', 'fraud'],
    ])
  })
})
