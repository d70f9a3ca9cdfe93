import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writtenRules } from '../../../../scripts/docs/rules.ts'
import { SHIPPED_RULES } from '../../../../src/detection/rules/shipped.ts'
import { SHIPPED_MODEL } from '../../../../src/detection/versions/assets.ts'
import type { Classifier } from '../../../../src/domain/ports.ts'
import { openClassifier } from '../../../../src/text/reader/classifier.ts'
import { shownBy } from '../../../helpers/rule-examples.ts'

let classifier: Classifier & { close(): void }
beforeAll(async () => {
  classifier = await openClassifier({ dir: SHIPPED_MODEL, backend: 'auto', onNotice: () => {} })
}, 60_000)
afterAll(() => classifier.close())

const rows = writtenRules().composites.map((row) => [row.name, row] as const)

describe('a rule', () => {
  it.each(rows)(
    '%s applies to its example and not to its near miss',
    (name, { codes, example, nearMiss }) => {
      for (const code of codes) {
        expect(SHIPPED_RULES.holding(code, shownBy(example, code, classifier)), example.text).toContain(name)
        expect(SHIPPED_RULES.holding(code, shownBy(nearMiss, code, classifier)), nearMiss.text).not.toContain(
          name,
        )
      }
    },
  )
})
