import type { TokenKeySetting } from './secret.ts'
import type { Config } from './settings.ts'

/** Characters that editors or templates leave around a key. They are part of the key and change every token. */
const ODD: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\uFEFF/, 'begins with a byte order mark'],
  [/^\uFEFF?[ \t]/, 'begins with a space or tab'],
  [/^\uFEFF?[\r\n]/, 'begins with a line break'],
  [/[ \t]$/, 'ends with a space or tab'],
  [/[\r\n][ \t]*$/, 'ends with a line break'],
  [/^\s*(["'`]).*\1\s*$/s, 'is in quotes'],
]

/** Warns of token keys with characters that look like a mistake. Never shows a key. */
export function oddKeyWarnings({ privacy }: Pick<Config, 'privacy'>): string[] {
  const { tokenKey, previousTokenKeys } = privacy
  return [
    ...warningsOfKeys('privacy.tokenKey', tokenKey ? [tokenKey] : []),
    ...warningsOfKeys('privacy.previousTokenKeys', previousTokenKeys ?? []),
  ]
}

function warningsOfKeys(setting: string, keys: readonly TokenKeySetting[]): string[] {
  return keys.flatMap(({ keyId, key }) => {
    const found = ODD.filter(([pattern]) => pattern.test(key.reveal())).map(([, what]) => what)
    if (found.length === 0) return []
    return [
      `${setting}: the key with the id ${keyId} ${found.join(' and ')}, and this is part of the key: tokens differ from those of instances without it. If all instances have it, keep it; else remove it here`,
    ]
  })
}
