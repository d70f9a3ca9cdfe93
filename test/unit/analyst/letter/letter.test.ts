import { expect, it } from 'vitest'
import { termsOf } from '../../../../src/analyst/evidence/terms.ts'
import { letterOf } from '../../../../src/analyst/letter/letter.ts'
import { sayIn } from '../../../../src/analyst/letter/words.ts'
import { createDescribe } from '../../../../src/detection/detectors/describe.ts'
import { messageAlertAt } from '../../../helpers/archive-records.ts'
import { EVIDENCE_SAMPLES } from '../../../helpers/evidence-samples.ts'

const [evidence] = EVIDENCE_SAMPLES.FORGED_BRAND
const reason = { code: 'FORGED_BRAND', score: 0.9, action: 'block', detail: '', evidence: evidence! } as const
const TS = Date.UTC(2026, 10, 11, 4)

it('a letter in Chinese names codes and feedback in Chinese', () => {
  const blocks = letterOf(
    {
      alert: messageAlertAt('m1', TS, 1, { reasons: [reason] }),
      timeline: [],
      siblings: [],
      verdict: undefined,
      feedback: (['confirmed', 'false_positive', 'release', 'exempt'] as const).map((verdict) => ({
        ts: new Date(TS),
        verdict,
        by: '林',
        note: null,
        until: null,
      })),
      enforcements: [],
      versions: [],
      registry: [],
      portIsMasked: false,
      complaints: [],
    },
    {
      reader: 'regulator',
      locale: 'zh-CN',
      say: sayIn('zh-CN'),
      term: termsOf('zh-CN'),
      describe: createDescribe('zh-CN'),
    },
  )
  const names = blocks.flatMap((block) => (block.kind === 'facts' ? block.facts.map(([name]) => name) : []))
  expect(names.filter((name) => /[a-z]/i.test(name))).toEqual([])
  const said = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n')
  for (const word of ['林：确认', '林：误报', '林：解除', '林：豁免']) expect(said).toContain(word)
  expect(said).not.toMatch(/confirmed|false_positive|release|exempt/)
})
