import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readJsonl, useFolder } from '../helpers/jsonl.ts'
import { ensureBuilt, MAIN, sigwatch } from '../helpers/service.ts'

interface InputRecord {
  readonly id: string
  readonly ts: number
}

const folder = useFolder()

it('writes for as long as asked, at the clock, with ids of its own and times of now', async () => {
  const files = ['first.jsonl', 'second.jsonl'].map((name) => join(folder.path, name))
  const began = Date.now()
  for (const file of files) {
    const args = ['simulate', '--live', '--minutes', '0.05', '--rate', '60', '--out', file]
    const { code, stderr } = await sigwatch(args)
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/^live until .*Z; Ctrl-C ends it$/m)
  }
  const ended = Date.now()
  expect(ended - began).toBeGreaterThan(5_000)
  const records = files.flatMap((file) => readJsonl<InputRecord>(file))
  expect(records.length).toBeGreaterThan(100)
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length)
  for (const { ts } of records) {
    expect(ts).toBeGreaterThanOrEqual(began)
    expect(ts).toBeLessThanOrEqual(ended)
  }
})

it('ends on SIGINT with 0 and says how many there were', async () => {
  ensureBuilt()
  const child = spawn(process.execPath, [MAIN, 'simulate', '--live', '--rate', '40'])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  let lines = 0
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const before = lines
    lines += chunk.split('\n').length - 1
    // A second signal would end the process at once.
    if (before <= 20 && lines > 20) child.kill('SIGINT')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code, stderr).toBe(0)
  expect(Number(/^(\d+) records from/m.exec(stderr)?.[1])).toBe(lines)
})

it('refuses a start, which is now', async () => {
  const { code, stderr } = await sigwatch(['simulate', '--live', '--start', '2026-11-11T00:00:00+08:00'])
  expect(code).toBe(2)
  expect(stderr).toContain('--start')
})

it('refuses to write its records where a map would be put over them', async () => {
  const map = { id: '/uid', ts: '/at', from: '/src', to: '/dest', text: '/content' }
  const env = { KAFKA_BROKERS: '127.0.0.1:1', SIGWATCH_INPUT_MAP: JSON.stringify(map) }
  const { code, stderr } = await sigwatch(['simulate', '--minutes', '1', '--out', 'kafka'], {
    env,
    cwd: folder.path,
  })
  expect(code).toBe(2)
  expect(stderr).toContain('{topic: sms.trial, map: null}')
})
