import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { Composite, RuleExample as OwnExample, RulesFile } from '../../src/detection/rules/rules-file.ts'

const rulesFile = (name: string) =>
  fileURLToPath(new URL(`../../src/detection/rules/${name}`, import.meta.url))
export const RULES_TABLE = rulesFile('shipped.generated.ts')

/** A row with the messages that show what it is for. */
export interface WrittenComposite extends Composite {
  /** A message to which the row applies, and a similar one to which it does not. */
  readonly example: RuleExample
  readonly nearMiss: RuleExample
}

export interface RuleExample extends OwnExample {
  /** Registrable domains to which the brand's own notices lead. */
  readonly known?: readonly string[]
}

/** The shipped rules as they are written. */
export function writtenRules(): Omit<RulesFile, 'composites'> & { readonly composites: WrittenComposite[] } {
  const read = (name: string) => parse(readFileSync(rulesFile(`${name}.yaml`), 'utf8'))
  return { ...read('lexicon'), ...read('composites') }
}

/** The table that the service loads: without the sentences and examples. */
export function renderRules(): string {
  const { words, signs, composites } = writtenRules()
  const rows = composites.map(({ example, nearMiss, ...row }) => row)
  return `// Written by \`npm run docs\` from lexicon.yaml and composites.yaml; do not edit.
import type { RulesFile } from './rules-file.ts'

export const SHIPPED: RulesFile = ${JSON.stringify({ words, signs, composites: rows })}
`
}
