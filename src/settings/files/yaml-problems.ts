import type * as YAML from 'yaml'
import type { Problem } from '../../domain/errors.ts'
import { libraries } from './libraries.ts'

/** Maximum number of syntax errors reported: one often causes many others. */
const SHOWN_FAULTS = 20

/** Messages for frequent errors that are clearer than those of the library. */
const YAML_HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab is used as indentation: use spaces',
  MULTIPLE_DOCS: 'only one YAML document may be in the file: remove the line ---',
  BAD_INDENT: 'the indentation does not fit the lines around it',
}

/** Problems for the first `SHOWN_FAULTS` syntax errors, and one with the number of the others. */
export function yamlProblems(
  file: string,
  text: string,
  lines: YAML.LineCounter,
  document: YAML.Document,
  faults: readonly YAML.YAMLError[],
): Problem[] {
  const unclosed = unclosedParts(document)
  const shown = faults.slice(0, SHOWN_FAULTS).map((fault) => yamlProblem(file, text, lines, unclosed, fault))
  const more = faults.length - shown.length
  return more === 0 ? shown : [...shown, { file, message: `${more} more syntax errors` }]
}

function yamlProblem(
  file: string,
  text: string,
  lines: YAML.LineCounter,
  unclosed: UnclosedParts,
  fault: YAML.YAMLError,
): Problem {
  const line = lines.linePos(fault.pos[0]).line
  if (fault.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:,}]+/.exec(text.slice(fault.pos[0], fault.pos[0] + 80))?.[0] ?? ''
    return { file, line, message: `the key ${key} occurs twice: keep one` }
  }
  const open = unclosedAt(unclosed, fault)
  if (open !== undefined) {
    const { line, col } = lines.linePos(open)
    return { file, line, message: `is not valid YAML: the ${text[open]} in column ${col} is not closed` }
  }
  return { file, line, message: `is not valid YAML: ${YAML_HINTS[fault.code] ?? fault.message}` }
}

/** Start offset of each bracketed or quoted part by its end offset; if several end there, the innermost. */
type UnclosedParts = Readonly<Record<'map' | 'list' | 'quote', ReadonlyMap<number, number>>>

/** One pass for all errors, as text that consists of brackets has an error for each. */
function unclosedParts(document: YAML.Document): UnclosedParts {
  const parts = { map: new Map<number, number>(), list: new Map(), quote: new Map() }
  const add = (kind: keyof UnclosedParts, range: YAML.Range | null | undefined) => {
    if (range) parts[kind].set(range[1], range[0])
  }
  libraries.yaml.visit(document, {
    Collection: (_, node) => {
      if (node.flow === true) add(libraries.yaml.isSeq(node) ? 'list' : 'map', node.range)
    },
    Scalar: (_, { type, range }) => {
      if (type?.startsWith('QUOTE') === true) add('quote', range)
    },
  })
  return parts
}

/** Offset of the unclosed bracket or quote behind an error; undefined for other errors. */
function unclosedAt(parts: UnclosedParts, { code, message, pos }: YAML.YAMLError): number | undefined {
  if (code !== 'BAD_INDENT' && code !== 'MISSING_CHAR') return undefined
  if (message.startsWith('Missing closing ')) return parts.quote.get(pos[0])
  if (!/ end with a /.test(message)) return undefined
  return parts[message.startsWith('Flow seq') ? 'list' : 'map'].get(pos[0])
}
