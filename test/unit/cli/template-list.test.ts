import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../src/cli/execute.ts'
import { readKey, readList, writtenList } from '../../../src/cli/template-list.ts'
import { ERRORS } from '../../../src/domain/errors.ts'
import { KEPT_FOR, type Template, writtenSketch } from '../../../src/domain/templates.ts'
import { SLOTS } from '../../../src/text/word-sketch.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const folder = useFolder()
const T = Date.UTC(2026, 10, 11, 4)
const own = generateKeyPairSync('ed25519')
const template = (n: number, more: Partial<Template> = {}): Template => ({
  sketch: writtenSketch(new Uint8Array(SLOTS).fill(n)),
  label: 'fraud',
  confirmations: [{ by: 'ann', ts: T }],
  until: T + KEPT_FOR,
  source: 'local',
  ...more,
})
const written = (templates: readonly Template[], at = T) =>
  writtenList(templates, { name: 'desk-a', at, key: own.privateKey })
const read = (text: string, key = own.publicKey) =>
  readList(text, { file: 'list.jsonl', key, latest: T + 1_000 })

describe('a list of templates', () => {
  it('has sketches, but not who confirmed them', () => {
    const text = written([template(1), template(2, { label: 'illicit' })])
    expect(text).not.toContain('ann')
    expect(read(text)).toEqual({
      name: 'desk-a',
      templates: [
        template(1, { confirmations: [], source: 'desk-a' }),
        template(2, { confirmations: [], source: 'desk-a', label: 'illicit' }),
      ],
    })
    expect(read(written([])).templates).toEqual([])
  })

  it('is refused when anything was changed, cut, added or put in another order', () => {
    const text = written([template(1), template(2)])
    const lines = text.split('\n')
    const bad = [
      text.replace('"fraud"', '"illicit"'),
      text.replace('desk-a', 'desk-b'),
      [lines[0], lines[2], lines[1], lines[3], ''].join('\n'),
      [lines[0], lines[1], lines[3], ''].join('\n'),
      [...lines.slice(0, 3), lines[2], lines[3], ''].join('\n'),
      `${text} `,
      text.slice(0, -10),
    ]
    for (const one of bad) expect(() => read(one)).toThrow(/signature does not fit|no signature/)
    for (const one of ['', '\n', lines.slice(0, 3).join('\n')])
      expect(() => read(one)).toThrow(/has no signature/)
  })

  it('is refused with what helps, which is no usage of the command', () => {
    const cases = [
      `${written([template(1)])} `,
      '',
      written([template(1)], T + 1_001),
      written([template(1, { label: 'spam' as 'fraud' })]),
    ]
    for (const one of cases)
      expect(() => read(one)).toThrow(expect.objectContaining({ code: 'TEMPLATES_INVALID' }))
    expect(ERRORS.TEMPLATES_INVALID.remedy).toMatch(/nothing was imported/i)
    expect(exitCodeOf('TEMPLATES_INVALID')).toBe(exitCodeOf('USAGE'))
  })

  it('is refused when signed with another key', () => {
    const other = generateKeyPairSync('ed25519')
    expect(() => read(written([template(1)]), other.publicKey)).toThrow(/signed with another key/)
  })

  it('is refused, with the line, for what is in the future or is no row', () => {
    expect(() => read(written([template(1)], T + 1_001))).toThrow(/line 1: at is in the future/)
    expect(() => read(written([template(1), template(2, { until: T + KEPT_FOR + 9_000 })]))).toThrow(
      /line 3: until: lies more than 90 days ahead/,
    )
    expect(() => read(written([template(1, { label: 'spam' as 'fraud' })]))).toThrow(/line 2: label/)
  })

  it('takes keys of Ed25519 alone, and says how to make one', () => {
    const file = (name: string, content: string) => {
      writeFileSync(folder.file(name), content)
      return folder.file(name)
    }
    const pem = { type: 'pkcs8', format: 'pem' } as const
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    expect(readKey(file('own.pem', String(own.privateKey.export(pem))), 'private').type).toBe('private')
    expect(readKey(file('own.pem', String(own.privateKey.export(pem))), 'public').type).toBe('public')
    expect(() => readKey(file('rsa.pem', String(rsa.export(pem))), 'private')).toThrow(
      /not an Ed25519 key; make one/,
    )
    expect(() => readKey(file('x.pem', 'x'), 'public')).toThrow(/cannot be read; make one/)
    expect(() => readKey(folder.file('none.pem'), 'private')).toThrow(/does not exist; make one/)
    const spki = { type: 'spki', format: 'pem' } as const
    expect(() => readKey(file('p.pem', String(own.publicKey.export(spki))), 'private')).toThrow(
      /cannot be read/,
    )
  })
})
