import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { useFolder } from '../../helpers/jsonl.ts'

const ROOT = join(import.meta.dirname, '../../..')
const { bundledFiles } = (await import(
  new URL('../../../scripts/bundle-files.mjs', import.meta.url).href
)) as {
  bundledFiles: (root: string) => string[]
}
const folder = useFolder()

/** A checkout that has each part of a bundle. */
function checkout(name: string, tracked: readonly string[]) {
  const root = folder.file(name)
  mkdirSync(root)
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' })
  const write = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), path)
  }
  git('init', '-q')
  for (const path of tracked) write(path)
  git('add', '-A')
  return { root, write }
}

const FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'README.zh-CN.md', 'package-lock.json', 'package.json']
const PARTS = ['config', 'deploy', 'docs', 'examples', 'grafana', 'models', 'prometheus'].map(
  (part) => `${part}/a/示例.yaml`,
)

it('takes only files that git tracks', () => {
  const { root, write } = checkout('mine', [...FILES, ...PARTS, 'src/main.ts', 'deploy.txt'])
  write('config/sigwatch.yaml')
  write('deploy/tls/client.key')
  expect(bundledFiles(root).sort()).toEqual([...FILES, ...PARTS].sort())
})

it('says what is missing', () => {
  const { root } = checkout('partial', [...FILES, ...PARTS.slice(1)])
  expect(() => bundledFiles(root)).toThrow('git tracks nothing of config in')
  expect(() => bundledFiles(folder.path)).toThrow('a bundle is made of what git tracks, and git says')
})

it.skipIf(!existsSync(join(ROOT, '.git')))('takes each file that this checkout tracks', () => {
  const files = bundledFiles(ROOT)
  for (const path of [...FILES, 'config/policy.yaml', 'docs/blocking.md']) expect(files).toContain(path)
  expect(files.filter((path) => /^(src|test|scripts|dist|corpus)\//.test(path))).toEqual([])
})
