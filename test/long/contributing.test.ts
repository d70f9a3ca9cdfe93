// Follows "How to add a reason code" of CONTRIBUTING.md to the letter, in a copy of the checkout: writes the files that it
// shows and runs the commands that it names. Each has to succeed.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
/** Large and only read: the copy refers to them. */
const LINKED = ['node_modules', 'models', 'corpus']
const LEFT_OUT = ['.git', 'dist', 'demo-output', 'bundle']
/** Of one command, ms: lint checks the types of the whole tree, and other work may share the machine. */
const PATIENCE = 900_000

const guide = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
const section = guide.split('\n## ').find((part) => part.startsWith('How to add a reason code'))!
const blocksOf = (language: string) =>
  [...section.matchAll(new RegExp(`^( *)\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'gms'))].map(
    ([, indent, block]) => block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
const files = blocksOf('ts').map((text) => ({ path: text.match(/^\/\/ (\S+)\n/)?.[1] ?? '', text }))
const commands = blocksOf('sh').flatMap((block) => block.trim().split('\n'))

const copy = mkdtempSync(join(tmpdir(), 'sigwatch-contributing-'))
afterAll(() => rmSync(copy, { recursive: true }))

/** Runs a command that must succeed in the copy. */
function run(command: string): void {
  // The copy's own run of vitest is not part of this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: copy,
    encoding: 'utf8',
    timeout: PATIENCE,
    maxBuffer: 1 << 26,
    env: { ...env, NODE_ENV: '' },
  })
  expect(status, `${command}\n${stdout.slice(-6000)}\n${stderr.slice(-6000)}`).toBe(0)
}

describe('a code that is added as CONTRIBUTING.md says', () => {
  it('is one module and one test', () => {
    expect(files.map(({ path }) => path)).toEqual([
      'src/detection/detectors/many-links.ts',
      'test/unit/detection/detectors/many-links.test.ts',
    ])
    expect(commands).toContain('npm run docs')
    expect(commands).toContain('npm run lint')
    for (const name of readdirSync(ROOT)) {
      if (LINKED.includes(name)) symlinkSync(join(ROOT, name), join(copy, name))
      else if (!LEFT_OUT.includes(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true })
    }
    for (const { path, text } of files) writeFileSync(join(copy, path), text)
  })

  it.each(commands)('%s succeeds', { timeout: PATIENCE }, (command) => {
    run(command)
  })

  it('is in everything that is generated', () => {
    for (const file of [
      'src/domain/code-names.generated.ts',
      'config/policy.yaml',
      'docs/reasons.md',
      'config/schema/evidence-v1.schema.json',
      'config/schema/alert-v1.schema.json',
    ])
      expect(readFileSync(join(copy, file), 'utf8'), file).toContain('MANY_LINKS')
  })
})
