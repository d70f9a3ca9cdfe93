import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/settings/config.ts'
import { warningsOf } from '../../../src/settings/setting-checks.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const KEY = '0123456789abcdef0123456789abcdef0123456789abcdef'

describe('warnings of token keys', () => {
  const folder = useFolder()

  function warned(content: string) {
    writeFileSync(folder.file('key'), content)
    const env = { SIGWATCH_PRIVACY_TOKEN_KEY_FILE: 'key' }
    const { config } = loadConfig({ env, folder: folder.path, serving: false })
    const warnings = warningsOf(config)
    expect(warnings.join()).not.toContain(KEY.slice(0, 8))
    return warnings
  }

  it.each([
    [`${KEY}  \n`, 'ends with a space or tab'],
    [`1: ${KEY}\n`, 'begins with a space or tab'],
    [`1:\t${KEY}`, 'begins with a space or tab'],
    [`\uFEFF${KEY}\n`, 'begins with a byte order mark'],
    [`${KEY}\n\n`, 'ends with a line break'],
    [`${KEY}\r\n\r\n`, 'ends with a line break'],
    [`"${KEY}"\n`, 'is in quotes'],
    [`'${KEY}' \n`, 'ends with a space or tab and is in quotes'],
  ])('name what surrounds the key: %j', (content, what) => {
    expect(warned(content)).toEqual([
      expect.stringContaining(`privacy.tokenKey: the key with the id 1 ${what}, and this is part of the key`),
    ])
  })

  it.each([KEY, `${KEY}\n`, `${KEY}\r\n`, `2:${KEY}\n`, `${KEY} ${KEY}`])('are silent for %j', (content) => {
    expect(warned(content)).toEqual([])
  })

  it('name a previous key', () => {
    const previousTokenKeys = [`old:${KEY} `]
    writeFileSync(
      folder.file('s.yaml'),
      JSON.stringify({ privacy: { tokenKey: `2:${KEY}`, previousTokenKeys } }),
    )
    const { config } = loadConfig({
      file: folder.file('s.yaml'),
      env: {},
      folder: folder.path,
      serving: false,
    })
    expect(warningsOf(config)).toEqual([
      expect.stringContaining('privacy.previousTokenKeys: the key with the id old ends with a space or tab'),
    ])
  })
})
