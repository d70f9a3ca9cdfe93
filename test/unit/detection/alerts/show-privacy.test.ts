import { describe, expect, it } from 'vitest'
import { showEvidence } from '../../../../src/detection/alerts/show.ts'

describe('evidence of an alert that only observes', () => {
  it('keeps the time of day and the quiet hours', () => {
    const evidence = { label: 'marketing', localTime: '22:30', quiet: '21:00-08:00' }
    expect(showEvidence(evidence, false)).toEqual(evidence)
  })

  it('masks what only looks like them', () => {
    expect(showEvidence({ a: '62:71', b: '21:00-0813', c: '5512:3099' }, false)).toEqual({
      a: '<number>',
      b: '<number>',
      c: '<number>',
    })
  })
})
