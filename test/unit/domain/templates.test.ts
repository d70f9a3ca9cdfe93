import { describe, expect, it } from 'vitest'
import { changed, KEPT_FOR, type StoredTemplate, type TemplateChange } from '../../../src/domain/templates.ts'

const T = Date.UTC(2026, 10, 11, 4)
const sketch = 'w1:a'
const confirmed = (by: string, ts = T): TemplateChange => ({
  is: 'confirmed',
  sketch,
  label: 'fraud',
  by,
  ts,
})
const became = (...changes: readonly TemplateChange[]) =>
  changes.reduce<StoredTemplate | undefined>((known, change) => changed(known, change), undefined)
const peopleOf = (template: StoredTemplate | undefined) => template?.confirmations.map(({ by }) => by)

describe('a template', () => {
  it('is kept 90 days after the last confirmation or hit, and never for less', () => {
    expect(became(confirmed('ann'))!.until).toBe(T + KEPT_FOR)
    expect(became(confirmed('ann'), { is: 'met', sketch, until: T + KEPT_FOR + 5 })!.until).toBe(
      T + KEPT_FOR + 5,
    )
    expect(became(confirmed('ann'), { is: 'met', sketch, until: T })!.until).toBe(T + KEPT_FOR)
  })

  it('is not learned from feedback older than its removal, and starts again with later feedback', () => {
    const removed: TemplateChange = { is: 'removed', sketch, ts: T + 10 }
    const gone = became(confirmed('ann'), confirmed('bob'), removed)
    expect(gone!.removed).toBe(T + 10)
    expect(changed(gone, confirmed('cat', T + 10))).toBe(gone)
    const again = changed(gone, confirmed('cat', T + 11))
    expect(again!.removed).toBeUndefined()
    expect(peopleOf(again)).toEqual(['cat'])
  })

  it('is there again, with all who confirmed it, once its removal is undone; a later removal stands', () => {
    const removed = became(confirmed('ann'), confirmed('bob'), { is: 'removed', sketch, ts: T + 10 })
    const again = changed(removed, { is: 'restored', sketch, ts: T + 20 })
    expect(again!.removed).toBeUndefined()
    expect(peopleOf(again)).toEqual(['ann', 'bob'])
    const later = changed(again, { is: 'removed', sketch, ts: T + 30 })
    expect(changed(later, { is: 'restored', sketch, ts: T + 20 })).toBe(later)
  })

  it('is removed once the last confirmation is undone, unless it is from a list', () => {
    const retracted: TemplateChange = { is: 'retracted', sketch, by: 'ann', ts: T + 5 }
    expect(became(confirmed('ann'), retracted)!.removed).toBe(T + 5)
    expect(became(confirmed('ann'), confirmed('bob'), retracted)).toMatchObject({
      confirmations: [{ by: 'bob' }],
    })
    const template = { sketch, label: 'fraud', confirmations: [], until: T, source: 'desk' } as const
    const ofList = became({ is: 'known', sketch, template }, confirmed('ann'), retracted)
    expect(ofList).toMatchObject({ confirmations: [], source: 'desk' })
    expect(ofList!.removed).toBeUndefined()
    // What is said again later stays.
    expect(peopleOf(became(confirmed('ann', T + 6), retracted))).toEqual(['ann'])
  })

  it('is not created by an event on an unknown one', () => {
    for (const change of [
      { is: 'removed', sketch, ts: T },
      { is: 'retracted', sketch, by: 'ann', ts: T },
      { is: 'restored', sketch, ts: T },
      { is: 'met', sketch, until: T },
    ] as const)
      expect(became(change)).toBeUndefined()
  })
})
