/** Files with facts from the time of the messages. Both sides of a comparison use them. */
export const FACTS = ['consents', 'complaints', 'replies', 'feedback'] as const
/** Files that decide how messages are judged. */
export const VERSIONS = ['registry', 'policy', 'rules', 'model'] as const

type FileSetting = (typeof FACTS)[number] | (typeof VERSIONS)[number]

/** Settings that name a file, as command-line options. */
export type FileSettings = Readonly<Partial<Record<FileSetting, string | undefined>>>

export function overridesOf(options: FileSettings, keys: readonly FileSetting[]): FileSettings {
  return Object.fromEntries(keys.map((key) => [key, options[key]]))
}
