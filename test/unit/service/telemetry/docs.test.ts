import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { METRICS_PAGE, renderMetrics } from '../../../../scripts/docs/metrics.ts'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'
import { SETTING_KEYS } from '../../../../src/settings/settings.ts'
import { readRules } from '../../../helpers/prometheus.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const PAGES = [
  ...['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
]

describe('docs/metrics.md', () => {
  it('is what the tables say (npm run docs)', () => {
    expect(readFileSync(METRICS_PAGE, 'utf8')).toBe(renderMetrics())
  })
})

describe('docs/operations.md', () => {
  it('says what to do about every alerting rule, and about no other', () => {
    const sections = [...read('docs/operations.md').matchAll(/^### (\w+)$/gm)].map((match) => match[1])
    const alerts = readRules().flatMap(({ alert }) => (alert === undefined ? [] : [alert]))
    expect(sections.sort()).toEqual(alerts.sort())
  })
})

describe('README.md', () => {
  it('shows an alert that is one', () => {
    const ajv = new Ajv({ strict: false })
    ;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
    const validate = ajv.compile(JSON.parse(read('config/schema/alert-v1.schema.json')) as object)
    const blocks = [...read('README.md').matchAll(/```json\n([\s\S]*?)```/g)].map(
      (m) => JSON.parse(m[1]!) as object,
    )
    const alert = blocks.find((block) => 'specversion' in block)
    expect(validate(alert), JSON.stringify(validate.errors)).toBe(true)
  })

  it('names every command', () => {
    for (const command of ['run', 'demo', 'simulate', 'score', 'train', 'evaluate', 'replay', 'check'])
      expect(read('README.md')).toContain(`\`${command}\``)
  })
})

describe.each(PAGES)('%s', (page) => {
  const text = read(page)

  it('links to pages that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!)
    const dead = links.filter(
      (link) => !/^https?:/.test(link) && !existsSync(join(ROOT, dirname(page), link)),
    )
    expect(dead).toEqual([])
  })

  it('names settings and codes that exist', () => {
    const groups = new Set(SETTING_KEYS.filter((key) => key.includes('.')).map((key) => key.split('.')[0]))
    for (const [, name] of text.matchAll(/`([a-z]+(?:\.[a-zA-Z]+)+)`/g)) {
      if (groups.has(name!.split('.')[0])) expect(SETTING_KEYS, name).toContain(name)
    }
    for (const [, name] of text.matchAll(
      /`((?:TEXT|FORGED|LOOKALIKE|SIGNATURE|CONSENT|MARKETING|CAMPAIGN|PORT|RECIPIENT|COMPLAINT)_[A-Z_]+)`/g,
    ))
      expect(CODE_NAMES, name).toContain(name)
  })
})
