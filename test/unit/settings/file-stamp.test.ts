import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { stampOf } from '../../../src/settings/file-stamp.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const folder = useFolder()

it('changes with the content of a file, its rights and its absence, and with nothing else', async () => {
  const file = folder.file('rules.yaml')
  const stamps: string[] = []
  const take = async (change: () => void) => {
    // Times of files advance with the ticks of the kernel.
    await sleep(20)
    change()
    stamps.push(stampOf([file]))
    expect(stampOf([file])).toBe(stamps.at(-1))
  }
  await take(() => writeFileSync(file, 'a'))
  await take(() => writeFileSync(file, 'bc'))
  await take(() => chmodSync(file, 0o600))
  await take(() => chmodSync(file, 0o644))
  await take(() => rmSync(file))
  expect(new Set(stamps).size).toBe(5)
})
