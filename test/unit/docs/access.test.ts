import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const LINE = /^ACL SETUSER .*$/m.exec(readFileSync(join(ROOT, 'docs/operations.md'), 'utf8'))![0]

/** What the client sends by itself or has a method for. */
const BY_CLIENT = [
  'ping',
  'info',
  'select',
  'client|setname',
  'client|setinfo',
  'eval',
  'evalsha',
  'script|load',
]
const BY_METHOD = ['publish', 'subscribe', 'scan']
/** Asks for rights by trying them, and goes on without. */
const TRIES = 'service/compose-connect-redis.ts'

/** First matches of a pattern in the sources with an extension. */
function found(extension: string, pattern: RegExp): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith(extension) && !file.endsWith(TRIES))
  return sources.flatMap((file) =>
    [...readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(pattern)].map(([, name]) =>
      name!.toLowerCase(),
    ),
  )
}

it('docs/operations.md allows a user of Redis what the scripts call and the client sends, and nothing else', () => {
  const scripts = found('.lua', /\bcall\('([A-Z]+)'/g)
  const commands = found('.ts', /\.command\('([A-Z]+)'/g)
  expect(scripts.length).toBeGreaterThan(50)
  expect(commands.length).toBeGreaterThan(5)
  const needed = new Set([...BY_CLIENT, ...BY_METHOD, ...commands, ...scripts])
  const allowed = LINE.split(' ').filter((word) => word.startsWith('+'))
  expect(allowed.toSorted()).toEqual([...needed].map((name) => `+${name}`).toSorted())
})
