// Chinese words and forms are data (src/detection/rules/*.yaml, src/text/words.yaml): a string or regular expression of
// src/detection or src/text has no Han character. Sentences that a code shows (`'zh-CN'`, `fields.chinese`) stay in its module.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const FOLDERS = ['src/detection', 'src/text']
const DATA = /\.generated\.ts$|\/detection\/rules\//
const HAN = /\p{Script=Han}/u

const SHOWN_NAME = "'zh-CN'"
const SHOWN_CALL = /\bchinese$/

function isShown(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node)) return node.name.getText() === SHOWN_NAME
  return ts.isCallExpression(node) && SHOWN_CALL.test(node.expression.getText())
}

function isText(node: ts.Node): boolean {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isRegularExpressionLiteral(node) ||
    ts.isTemplateLiteralToken(node) ||
    (ts.isIdentifier(node) && ts.isPropertyAssignment(node.parent))
  )
}

/** Lines of a source file, from 1, on which a text with a Han character begins. */
export function linesWithWords(file: string, text: string): number[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const lines: number[] = []
  const visit = (node: ts.Node): void => {
    if (isShown(node)) return
    if (isText(node) && HAN.test(node.getText()))
      lines.push(source.getLineAndCharacterOfPosition(node.getStart()).line + 1)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return lines
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : [path]
  })
}

if (process.argv[1] === import.meta.filename) {
  const files = FOLDERS.flatMap(filesIn).filter((file) => file.endsWith('.ts') && !DATA.test(file))
  const found = files.flatMap((file) =>
    linesWithWords(file, readFileSync(file, 'utf8')).map((line) => `${file}:${line}`),
  )
  for (const place of found)
    console.error(
      `${place}: a Han character in code; put the word into src/detection/rules or src/text/words.yaml`,
    )
  if (found.length > 0) process.exitCode = 1
}
