import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { useFolder } from '../../helpers/jsonl.ts'

const ROOT = join(import.meta.dirname, '../../..')
const folder = useFolder()
const FILES = ['Dockerfile', 'docker-compose.yml']
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

/** A checkout, and a folder of programs in which `docker` answers this. */
function checkout(name: string, answer: string) {
  const root = folder.file(name)
  mkdirSync(join(root, 'bin'), { recursive: true })
  for (const file of FILES) cpSync(join(ROOT, file), join(root, file))
  writeFileSync(join(root, 'bin/docker'), `#!/bin/sh\n${answer}\n`)
  chmodSync(join(root, 'bin/docker'), 0o755)
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'scripts/pin-images.mjs'), '--root', root, ...args], {
      encoding: 'utf8',
      env: { PATH: `${join(root, 'bin')}:/bin:/usr/bin` },
    })
  return { run, text: () => FILES.map((file) => readFileSync(join(root, file), 'utf8')).join('') }
}

it('writes the digest of each image, is content with it, and renews it', () => {
  const { run, text } = checkout('pinned', `case "$6" in *@*) exit 1;; esac; echo ${DIGEST}`)
  const before = text()
  const unpinned = run('--check')
  expect(unpinned.status).toBe(1)
  expect(unpinned.stderr).toContain('not pinned: Dockerfile: node:24-bookworm-slim')
  expect(unpinned.stderr).toContain('not pinned: docker-compose.yml: redis:8')
  expect(run().status).toBe(0)
  expect(text().replaceAll(`@${DIGEST}`, '')).toBe(before)
  expect(text()).toContain(`FROM node:24-bookworm-slim@${DIGEST} AS modules`)
  expect(run('--check')).toMatchObject({ status: 0, stderr: '' })
  const once = text()
  expect(run().status).toBe(0)
  expect(text()).toBe(once)
})

it.each([
  ['no registry answers', 'echo "no route to host" >&2; exit 1'],
  ['the answer is no digest', 'echo latest'],
])('writes nothing where %s', (name, answer) => {
  const { run, text } = checkout(name, answer)
  const before = text()
  const { status, stderr } = run()
  expect(status).toBe(1)
  expect(stderr).toContain('no digest of node:24-bookworm-slim')
  expect(text()).toBe(before)
})
