import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { feedbackForm } from '../../../../src/analyst/desk/feedback-section.ts'
import { refusalIn } from '../../../../src/analyst/desk/refusal-words.ts'
import { speechIn } from '../../../../src/analyst/desk/words.ts'
import { messageAlertAt } from '../../../helpers/archive-records.ts'

const SOURCES = ['feedback', 'manual-blocks', 'undo'].map((name) =>
  readFileSync(new URL(`../../../../src/pipeline/side-inputs/${name}.ts`, import.meta.url), 'utf8').replace(
    /\$\{[^}]+\}/g,
    'FORGED_BRAND',
  ),
)
/** Every reason for which the service refuses feedback, with a code in the place of what varies. */
const REASONS = SOURCES.flatMap((source) => [
  ...source.matchAll(/FeedbackRefusal\((?!\S*\berror\b)([^;]+?)\)\n|refuseOwn\([^\n]*, ('[^']+')\)/g),
])
  .flatMap(([, thrown, own]) => [
    ...(thrown ?? own ?? '').matchAll(/[`'](\w[^`']* [^`']+|FORGED_BRAND[^`]+)[`']/g),
  ])
  .map(([, text = '']) => text)
  // Its parts are listed by themselves.
  .filter((text) => text !== 'FORGED_BRAND: FORGED_BRAND')

it('knows every reason', () => expect(REASONS.length).toBeGreaterThan(18))

it.each(REASONS)('tells in Chinese why feedback was refused: %s', (why) => {
  expect(refusalIn('zh-CN', why)).toMatch(/\p{Script=Han}/u)
  expect(refusalIn('zh-CN', why)).not.toContain('FORGED_BRAND')
  expect(refusalIn('en', why)).toBe(why)
})

it.each([
  ['it was alerted for FORGED_BRAND alone', '其告警原因仅为 '],
  ['the state is one of FORGED_BRAND alone', '该状态的原因仅为 '],
  ['the state was not raised by hand: use release', '该状态并非手工触发'],
  ['FORGED_BRAND speaks of no port', '”不针对此类对象'],
  ['nothing is blocked by hand on this target', '此对象没有手工拦截'],
  ['nothing of the kind port is blocked by hand', '此类对象不能手工拦截'],
  ['it is no domain', '不是域名'],
])('tells in Chinese what 0.3.0 wrote: %s', (why, chinese) => {
  expect(refusalIn('zh-CN', why)).toContain(chinese)
})

it('names codes as elsewhere, and leaves what a later version says', () => {
  expect(refusalIn('zh-CN', 'it was alerted only for FORGED_BRAND, LOOKALIKE_DOMAIN')).toMatch(/、仿冒域名$/)
  expect(refusalIn('zh-CN', 'the moon is full')).toBe('the moon is full')
})

it('the form names codes in Chinese', () => {
  const alert = messageAlertAt('m1', 0)
  const [reason] = alert.data.reasons
  const two = {
    ...alert,
    data: { ...alert.data, reasons: [reason!, { ...reason!, code: 'LOOKALIKE_DOMAIN' }] },
  }
  const found = { alert: two, feedback: [], orderTargets: [] }
  const session = { name: 'lin', rights: new Set(['judge']), may: ['judge'], formKey: 'k' }
  const { text } = feedbackForm(found as never, session as never, speechIn('zh-CN'))
  expect(text).toContain('<option value="LOOKALIKE_DOMAIN">仿冒域名</option>')
  expect(text.replace(/value="[^"]*"/g, '')).not.toMatch(/LOOKALIKE|FORGED/)
})
