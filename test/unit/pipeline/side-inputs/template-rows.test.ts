import { describe, expect, it } from 'vitest'
import { KEPT_FOR, type Template, writtenSketch } from '../../../../src/domain/templates.ts'
import { readTemplateRow, templateRow } from '../../../../src/pipeline/side-inputs/template-rows.ts'
import { SLOTS } from '../../../../src/text/word-sketch.ts'

const T = Date.UTC(2026, 10, 11, 4)
const template: Template = {
  sketch: writtenSketch(new Uint8Array(SLOTS).fill(7)),
  label: 'fraud',
  confirmations: [{ by: 'ann', ts: T - 5 }],
  until: T + KEPT_FOR,
  source: 'local',
}
const read = (more: object) => readTemplateRow({ ...JSON.parse(templateRow(template)), ...more }, T)

describe('a row of sms.templates', () => {
  it('comes back as it was written', () => {
    expect(read({})).toEqual(template)
    expect(read({ until: template.until, added: 1 })).toEqual(template)
  })

  it('counts a person once', () => {
    const confirmations = [
      { by: 'ann', ts: T - 1 },
      { by: 'ann', ts: '2026-11-11T03:59:59Z' },
    ]
    expect(read({ confirmations })).toMatchObject({ confirmations: [{ by: 'ann', ts: T - 1_000 }] })
  })

  it.each([
    ['a sketch of another version', { sketch: 'w9:x' }, 'sketch: is none of this version'],
    ['a label that does not teach', { label: 'marketing' }, 'label: is not one that teaches'],
    ['the name of a list with a space', { source: 'a b' }, 'source: is neither'],
    ['no end', { until: undefined }, 'until: is not a time'],
    ['an end too far ahead', { until: T + KEPT_FOR + 1 }, 'until: lies more than 90 days ahead'],
    ['a confirmation from the future', { confirmations: [{ by: 'ann', ts: T + 1 }] }, 'ts is in the future'],
    ['a confirmation without a name', { confirmations: [{ ts: T }] }, 'by is not a name'],
    [
      'too many confirmations',
      { confirmations: Array(33).fill({ by: 'a', ts: T }) },
      'is not a list of at most 32',
    ],
    ['no list of confirmations', { confirmations: 'ann' }, 'is not a list of at most 32'],
  ])('is refused with %s', (_, more, message) => {
    expect(read(more)).toEqual({ message: expect.stringContaining(message) })
  })

  it.each([null, undefined, 'x', 7, []])('is refused where it is %s', (value) => {
    expect(readTemplateRow(value, T)).toHaveProperty('message')
  })
})
