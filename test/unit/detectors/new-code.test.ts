// The worked example of CONTRIBUTING.md ("How to add a reason code"), kept true: the module below is the one shown there,
// but for its name, which has to be one of the list of names.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { messageAlert } from '../../../src/alerts/message-alert.ts'
import { defineMessageCode } from '../../../src/detectors/code-spec.ts'
import * as fields from '../../../src/detectors/evidence-fields.ts'
import { objectSchema } from '../../../src/detectors/evidence-fields.ts'
import { WORDS } from '../../../src/detectors/words.ts'
import type { Policy } from '../../../src/domain/policy.ts'
import { decide } from '../../../src/stages/decide.ts'
import { detect, messageOf, NOON, shippedContext } from '../../helpers/detector-fixtures.ts'

const manyLinks = defineMessageCode({
  code: 'OBFUSCATED_TEXT',
  action: 'review',
  weight: 0.3,
  thresholds: {
    maxLinks: { default: 3, unit: 'links', min: 1, whole: true, says: 'links that a message may have' },
  },
  evidence: { links: fields.count('links in the text'), allowed: fields.count('links that it may have') },
  summary: 'more links than an honest text needs',
  fires: 'The text has more than `maxLinks` links.',
  why: 'An honest text leads to one place; many links try which of them is not blocked yet.',
  tune: 'Raise `maxLinks` where newsletters list their articles.',
  sentences: {
    en: ({ links, allowed }) => `The text has ${links} links; ${allowed} are allowed.`,
    'zh-CN': ({ links, allowed }) => `文本含有 ${links} 个链接，上限 ${allowed} 个。`,
  },
}).detectedBy(({ urls }, _context, { thresholds }) =>
  urls.length > thresholds.maxLinks
    ? { score: 1, evidence: { links: urls.length, allowed: thresholds.maxLinks } }
    : undefined,
)

const text = (links: number) =>
  `请看 ${Array.from({ length: links }, (_, i) => `https://a${i}.example.com/x`).join(' ')}`
const thresholds = { maxLinks: manyLinks.thresholds.maxLinks!.default }
const found = (links: number, own = thresholds) =>
  detect(manyLinks, messageOf(text(links)), shippedContext(), own)

describe('a new code', () => {
  it('fires from its threshold on, which a policy may move', () => {
    expect(found(3)).toBeUndefined()
    expect(found(4)).toMatchObject({ score: 1, evidence: { links: 4, allowed: 3 } })
    expect(found(4, { maxLinks: 4 })).toBeUndefined()
    expect(found(0)).toBeUndefined()
  })

  it('has its sentences and its schema from the same place', () => {
    const { evidence } = found(5)!
    expect(manyLinks.sentences.en(evidence, WORDS.en)).toBe('The text has 5 links; 3 are allowed.')
    expect(objectSchema(manyLinks.evidence)).toMatchObject({ required: ['links', 'allowed'] })
  })

  it('becomes an alert by its policy', () => {
    const { action, mode, weight } = manyLinks
    const policy: Policy = {
      hash: 'p',
      rules: {},
      mode,
      at: () => expect.fail('a decision asks for one code'),
      codePolicy: () => ({ action, mode, weight, thresholds }),
      escalate: { count: 3, recipients: 3, within: 600_000 },
      hasExemptions: false,
      exempt: () => undefined,
    }
    const detected = { message: messageOf(text(4)), findings: [found(4)!] }
    const { enforced } = decide(detected, policy, { now: NOON, maxAge: 0 })
    const alert = messageAlert(
      detected.message,
      enforced,
      { provenance: { model: 'm', policy: 'p', registry: 'r' }, mode, degraded: false, late: false },
      {
        deployment: 'test',
        describe: ({ evidence }) => ({ detail: manyLinks.sentences.en(evidence as never, WORDS.en) }),
        senderContacts: 'clear',
        blocksFrom: 'observe',
      },
    )
    expect(alert.data).toMatchObject({
      action: 'review',
      score: 0.3,
      reasons: [{ code: manyLinks.code, detail: 'The text has 4 links; 3 are allowed.' }],
    })
  })

  it('is the one that CONTRIBUTING.md shows', () => {
    const own = readFileSync(new URL(import.meta.url), 'utf8')
    const module = own.slice(own.indexOf('const manyLinks ='), own.indexOf('const text ='))
    const shown = module
      .replace('const manyLinks', 'export const manyLinks')
      .replace('OBFUSCATED_TEXT', 'MANY_LINKS')
    const guide = readFileSync(new URL('../../../CONTRIBUTING.md', import.meta.url), 'utf8')
    expect(guide).toContain(shown.trim())
  })
})
