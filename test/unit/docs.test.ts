import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CONFIG_PAGE, renderConfig } from '../../scripts/docs/config.ts'
import { ERRORS_PAGE, renderErrors } from '../../scripts/docs/errors.ts'
import { thresholdNotes } from '../../scripts/docs/policy-comments.ts'
import { REASONS_PAGE, renderReasons } from '../../scripts/docs/reasons.ts'
import { SETTING_KEYS, variableOf } from '../../src/app/settings.ts'
import { CODE_NAMES } from '../../src/domain/codes.ts'
import { ERRORS } from '../../src/domain/errors.ts'
import { loadPolicy } from '../../src/policy/load.ts'

describe('generated pages', () => {
  it.each([
    [CONFIG_PAGE, renderConfig],
    [REASONS_PAGE, renderReasons],
    [ERRORS_PAGE, renderErrors],
  ])('%s is not stale (npm run docs)', (page, render) => {
    expect(readFileSync(page, 'utf8')).toBe(render())
  })

  it('name every setting, code, threshold and error', () => {
    const config = renderConfig()
    for (const key of SETTING_KEYS) expect(config).toContain(`\`${key}\`<br>\`${variableOf(key)}\``)
    const reasons = renderReasons()
    const policy = loadPolicy()
    for (const code of CODE_NAMES) {
      expect(reasons).toContain(`\n## ${code}\n`)
      const notes = thresholdNotes(code)
      expect(notes.map((note) => note.name)).toEqual(Object.keys(policy.judge(code, 0).thresholds))
      for (const { name, meaning } of notes) expect(meaning, `${code}.${name}`).not.toBe('')
    }
    for (const code of Object.keys(ERRORS)) expect(renderErrors()).toContain(`\`${code}\``)
  })

  it('keep their tables whole: no cell holds a bare bar', () => {
    for (const page of [renderConfig(), renderReasons(), renderErrors()]) {
      const tables = page.split('\n\n').filter((block) => block.startsWith('|'))
      for (const table of tables) {
        const widths = table
          .trim()
          .split('\n')
          .map((line) => line.replaceAll('\\|', '').split('|').length)
        expect(new Set(widths).size, table.slice(0, 80)).toBe(1)
      }
    }
  })
})
