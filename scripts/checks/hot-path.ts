// Some of the files whose functions run for every message or every new text. These make no closure, spread or iterator, each of
// which allocates: loops over arrays and indices, and the members of an object in full, do the same without.
import { readFileSync } from 'node:fs'
import ts from 'typescript'

const FILES = [
  'src/detection/text-cache.ts',
  'src/domain/bounded-cache.ts',
  'src/domain/hash32.ts',
  'src/domain/recent-counts.ts',
  'src/domain/sender-minutes.ts',
  'src/domain/shared-lists.ts',
  'src/pipeline/entity-gate.ts',
  'src/pipeline/remember-sent.ts',
  'src/stores/rates/deltas.ts',
  'src/text/bare-signature.ts',
  'src/text/canonical-number.ts',
  'src/text/consent-request.ts',
  'src/text/contact-numbers.ts',
  'src/text/fold-contacts.ts',
  'src/text/fold-digits.ts',
  'src/text/fold-latin.ts',
  'src/text/fold-links.ts',
  'src/text/fold-series.ts',
  'src/text/fold-words.ts',
  'src/text/link-parts.ts',
  'src/text/phrases.ts',
  'src/text/plain.ts',
  'src/text/reader/feature-rows.ts',
  'src/text/reader/links.ts',
  'src/text/reader/places.ts',
  'src/text/reader/shapes.ts',
  'src/text/reader/symbols.ts',
  'src/text/reader/tokenizer.ts',
  'src/text/reader/written.ts',
]

const ITERATOR = /\.(?:entries|keys|values|matchAll)\(.*\)$/

function allocates(node: ts.Node): string | undefined {
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return 'closure'
  if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) return 'spread'
  return ts.isForOfStatement(node) && ITERATOR.test(node.expression.getText()) ? 'iterator' : undefined
}

/** What the functions of a source file allocate on each call, as `<line from 1>: closure`, `spread` or `iterator`. */
export function allocationsIn(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node, isInFunction: boolean): void => {
    const what = isInFunction ? allocates(node) : undefined
    if (what) found.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`)
    const runs = ts.isFunctionLike(node) && !ts.isConstructorDeclaration(node)
    ts.forEachChild(node, (child) => visit(child, isInFunction || runs))
  }
  visit(source, false)
  return found
}

if (process.argv[1] === import.meta.filename) {
  const found = FILES.flatMap((file) =>
    allocationsIn(file, readFileSync(file, 'utf8')).map((place) => `${file}:${place}`),
  )
  for (const place of found) console.error(`${place} in a function that runs for every message`)
  if (found.length > 0) process.exitCode = 1
}
