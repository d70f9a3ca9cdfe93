import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  CODE_MODULES_FILE,
  CODE_NAMES_FILE,
  renderCodeModules,
  renderCodeNames,
} from '../../../scripts/docs/code-modules.ts'
import { renderConfig } from '../../../scripts/docs/config.ts'
import { renderErrors } from '../../../scripts/docs/errors.ts'
import { PAGES } from '../../../scripts/docs/pages.ts'
import { renderPolicy } from '../../../scripts/docs/policy.ts'
import { renderReasons } from '../../../scripts/docs/reasons.ts'
import { CODES } from '../../../src/detection/detectors/all.ts'
import { CODE_NAMES } from '../../../src/domain/codes.ts'
import { ERRORS } from '../../../src/domain/errors.ts'
import { SETTING_KEYS } from '../../../src/settings/settings.ts'

describe('generated files', () => {
  it.each<readonly [string, () => string | Promise<string>]>([
    ...PAGES,
    [CODE_NAMES_FILE, renderCodeNames],
    [CODE_MODULES_FILE, renderCodeModules],
  ])('%s is not stale (npm run docs)', async (page, render) => {
    expect(readFileSync(page, 'utf8')).toBe(await render())
  })

  it('name every setting, code, threshold and error', () => {
    const config = renderConfig()
    for (const key of SETTING_KEYS) expect(config).toContain(`\n- \`${key}\``)
    const [reasons, policy] = [renderReasons(), renderPolicy()]
    for (const code of CODE_NAMES) {
      expect(reasons).toContain(`\n## ${code}\n`)
      const block = policy.split(`\n  ${code}: #`)[1]!.split(/\n {2}(?:[A-Z]|# ----)/)[0]!
      for (const name of Object.keys(CODES[code].thresholds)) expect(block).toContain(`\n      ${name}: `)
    }
    const codes = [...renderErrors().matchAll(/^- (`[^:]+):/gm)].flatMap(([, names]) => names!.split(', '))
    expect(codes.sort()).toEqual(
      Object.keys(ERRORS)
        .map((code) => `\`${code}\``)
        .sort(),
    )
  })
})
