import type { SettingKey } from '../settings/config.ts'

/** What was said or done at the time of the messages, in files: it holds for both sides of a comparison. */
export const FACTS = ['consents', 'complaints', 'replies', 'feedback'] as const
/** What messages are judged by, in files. */
export const VERSIONS = ['registry', 'policy', 'rules', 'model'] as const

type FileSetting = (typeof FACTS)[number] | (typeof VERSIONS)[number]

/** Settings that name a file, as options of the command line. */
export type FileSettings = Readonly<Partial<Record<FileSetting, string>>>

/** Those of the settings that were given. */
export function overridesOf(
  options: FileSettings,
  keys: readonly FileSetting[],
): Partial<Record<SettingKey, string>> {
  const given = keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]))
  return Object.fromEntries(given) as Partial<Record<SettingKey, string>>
}
