import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/**
 * One entry of a file of words:
 * - `match`: a regular expression, or its alternatives; `flags` are those of JavaScript
 * - `part`: a piece of expressions, or its alternatives
 * - `{{name}}` in an expression stands for the entry of that name in the same group or in `shared`, a group that only expressions read
 * - `text`: a string as it is
 * - `value`: a list or a table
 */
interface Entry {
  readonly says?: string
  readonly match?: string | readonly string[]
  readonly part?: string | readonly string[]
  readonly flags?: string
  readonly text?: string
  readonly value?: unknown
}
type Group = Readonly<Record<string, Entry>>

const source = (name: string) => fileURLToPath(new URL(`../../src/${name}`, import.meta.url))

/** Files of words, and the module that is generated from each. */
export const WORD_FILES = ['detection/rules/patterns', 'detection/rules/chinese', 'text/words'].map(
  (name) => [source(`${name}.yaml`), source(`${name}.generated.ts`)] as const,
)

const SHARED = 'shared'
const REFERENCE = /\{\{([a-z0-9-]+)\}\}/g
/** A reference that is a whole alternative. */
const ALTERNATIVE = /(?<=^|\||\(\?[:!])\{\{([a-z0-9-]+)\}\}(?=$|\||\))/g
const camel = (name: string) => name.replace(/-([a-z0-9])/g, (_, sign: string) => sign.toUpperCase())

/** The module: one object a group, whose members are regular expressions, strings and tables. */
export function renderWords(file: string): string {
  const groups = parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Group>>
  const name = file.slice(file.lastIndexOf('/') + 1)
  const { [SHARED]: shared = {}, ...read } = groups
  const objects = Object.entries(read).map(([group, entries]) => {
    const known = { ...shared, ...entries }
    const members = Object.entries(entries).map(
      ([key, entry]) => `  ${camel(key)}: ${rendered(key, entry, known)},`,
    )
    return `export const ${camel(group)}Words = {\n${members.join('\n')}\n} as const\n`
  })
  return `// Written by \`npm run docs\` from ${name}; do not edit.\n\n${objects.join('\n')}`
}

function rendered(key: string, entry: Entry, group: Group): string {
  if (entry.match !== undefined) return String(new RegExp(patternOf(key, group), entry.flags ?? ''))
  if (entry.part !== undefined) return JSON.stringify(patternOf(key, group))
  return JSON.stringify(entry.text ?? entry.value)
}

/**
 * The source of an expression, with what it refers to: a list is put in parentheses unless the reference is a whole alternative.
 * Throws a RangeError for a reference to nothing, or to itself.
 */
function patternOf(key: string, group: Group, above: readonly string[] = []): string {
  const entry = group[key]
  const said = entry?.match ?? entry?.part ?? entry?.text
  if (said === undefined || above.includes(key))
    throw new RangeError(`{{${key}}} stands for ${said === undefined ? 'nothing' : 'itself'}`)
  const written = typeof said === 'string' ? said : said.join('|')
  const source = (other: string) => patternOf(other, group, [...above, key])
  return written
    .replace(ALTERNATIVE, (_, other: string) => source(other))
    .replace(REFERENCE, (_, other: string) => (isList(group[other]) ? `(?:${source(other)})` : source(other)))
}

const isList = (entry: Entry | undefined) => Array.isArray(entry?.match ?? entry?.part)
