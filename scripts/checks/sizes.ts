// Fails on a file of src/ or scripts/ with more than 300 lines, on a function with more than 60, and when src/ as a whole has
// grown beyond its limit: `npm run lint`. Lower the limit with what is removed; raise it only for what users can do with it.
// Generated files are left out; so are tables, which are files or functions that hold data only.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '../..')
const MAX_FILE = 300
const MAX_FUNCTION = 60
/** Lines of src/ by hand: TypeScript, Lua, SQL and YAML. */
const MAX_SOURCE = 98_700

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /\.(ts|mjs|lua|sql|yaml)$/.test(entry.name) &&
        !/\.(generated|d)\.ts$/.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name))
}

function nameOf(node: ts.Node): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  const named = node as { name?: ts.Node; parent?: { name?: ts.Node } }
  return named.name?.getText() ?? named.parent?.name?.getText() ?? 'a function without a name'
}

/** Functions of a file that are too long, as `name (lines)`; one inside another is counted in both. */
function longFunctions(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const first = file.getLineAndCharacterOfPosition(node.getStart()).line
      const last = file.getLineAndCharacterOfPosition(node.getEnd()).line
      if (last - first + 1 > MAX_FUNCTION)
        found.push(`${first + 1}: ${nameOf(node)} has ${last - first + 1} lines, at most ${MAX_FUNCTION}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

const faults: string[] = []
let total = 0
for (const path of ['src', 'scripts'].flatMap((folder) => filesOf(join(ROOT, folder)))) {
  const text = readFileSync(path, 'utf8')
  const shown = relative(ROOT, path)
  const lines = text.split('\n').length - 1
  if (shown.startsWith('src/')) total += lines
  if (/\.(sql|yaml)$/.test(path)) continue
  if (lines > MAX_FILE) faults.push(`${shown}: ${lines} lines, at most ${MAX_FILE}`)
  if (/\.(ts|mjs)$/.test(path)) faults.push(...longFunctions(path, text).map((fault) => `${shown}:${fault}`))
}
if (total > MAX_SOURCE) faults.push(`src: ${total} lines, at most ${MAX_SOURCE}`)
for (const fault of faults) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0
