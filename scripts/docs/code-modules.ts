import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { CodeSpec } from '../../src/detection/detectors/code-spec.ts'

const DETECTORS = fileURLToPath(new URL('../../src/detection/detectors', import.meta.url))
export const CODE_NAMES_FILE = fileURLToPath(
  new URL('../../src/domain/code-names.generated.ts', import.meta.url),
)
export const CODE_MODULES_FILE = join(DETECTORS, 'code-modules.generated.ts')

const DEFINES = /^export const \w+ = define(?:Message|State)Code\(/m

/** The module of a code: where it is below `src/detection/detectors`, and the constant that it exports. */
interface CodeModule {
  readonly path: string
  readonly constant: string
  readonly spec: CodeSpec
}

/** Every code that a module below `src/detection/detectors` defines, by `order`; codes of states come after those of messages. */
async function codeModules(): Promise<readonly CodeModule[]> {
  const paths = readdirSync(DETECTORS, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => DEFINES.test(readFileSync(path, 'utf8')))
    .sort()
  const found: CodeModule[] = []
  for (const file of paths) {
    const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    for (const [constant, spec] of Object.entries(exported))
      if (isSpec(spec)) found.push({ path: relative(DETECTORS, file).replaceAll('\\', '/'), constant, spec })
  }
  const inOrder = found.sort((a, b) => a.spec.order - b.spec.order)
  for (const [i, { path, spec }] of inOrder.entries()) refuseUnordered(path, spec, inOrder[i - 1])
  return inOrder
}

function isSpec(value: unknown): value is CodeSpec {
  return typeof value === 'object' && value !== null && 'code' in value && 'order' in value
}

function refuseUnordered(path: string, spec: CodeSpec, before: CodeModule | undefined): void {
  if (before === undefined) return
  if (before.spec.order === spec.order)
    throw new Error(`${path}: order ${spec.order} is that of ${before.path} too: choose a number between two`)
  if ('detect' in spec && !('detect' in before.spec))
    throw new Error(
      `${path}: order ${spec.order} puts a code of messages behind ${before.spec.code}, a code of states`,
    )
}

/** `src/domain/code-names.generated.ts`. */
export async function renderCodeNames(): Promise<string> {
  const names = (await codeModules()).map(({ spec }) => `  '${spec.code}',\n`)
  return `// Written by \`npm run docs\` from the modules of the codes in src/detection/detectors; do not edit.

/** The names of all reason codes, in the order in which the reasons of a message are listed. */
export const CODE_NAMES = [
${names.join('')}] as const
`
}

/** `src/detection/detectors/code-modules.generated.ts`. */
export async function renderCodeModules(): Promise<string> {
  const modules = await codeModules()
  const imports = modules
    .map(({ path, constant }) => ({ path, line: `import { ${constant} } from './${path}'\n` }))
    .concat({ path: 'code-spec.ts', line: "import type { CodeSpec } from './code-spec.ts'\n" })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  return `// Written by \`npm run docs\` from the modules of the codes in src/detection/detectors; do not edit.
${imports.map(({ line }) => line).join('')}
/** Every code, in the order in which reasons are listed. */
export const MODULES: readonly CodeSpec[] = [
${modules.map(({ constant }) => `  ${constant},\n`).join('')}]
`
}
