import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { promoteModel } from '../../../src/service/promote-model.ts'
import { useFolder } from '../../helpers/jsonl.ts'

/** The next rename to such a path is refused, as where a folder is a mount point, after what another process does first. */
const refused = vi.hoisted(() => ({ to: undefined as RegExp | undefined, meanwhile: () => {} }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const rename: typeof fs.renameSync = (from, to) => {
    if (refused.to?.test(String(to))) {
      refused.to = undefined
      refused.meanwhile()
      throw Object.assign(new Error(`EBUSY: resource busy or locked, rename '${from}' -> '${to}'`), {
        code: 'EBUSY',
      })
    }
    fs.renameSync(from, to)
  }
  return { ...fs, renameSync: rename }
})

const folder = useFolder()
let at = ''
let cases = 0
const [OLD, NEW] = ['models/sms-zh/1', 'models/sms-zh/4']
const versionIn = (name: string) =>
  (JSON.parse(readFileSync(join(at, name, 'model.json'), 'utf8')) as { version: string }).version
const entries = () => readdirSync(at).sort()

beforeEach(() => {
  at = folder.file(`case-${cases++}`)
  mkdirSync(at)
  cpSync(OLD, join(at, 'live'), { recursive: true })
  cpSync(NEW, join(at, 'candidate'), { recursive: true })
})
afterEach(() => {
  refused.to = undefined
  refused.meanwhile = () => {}
})

describe('promoting a model', () => {
  it.each(['live', './live/'])('replaces %s, keeps what was there, and goes back', async (name) => {
    const live = `${at}/${name}`
    const there = await promoteModel(join(at, 'candidate'), live)
    expect(there).toEqual({
      promoted: 'sms-zh@4',
      before: 'sms-zh@1',
      previous: join(at, 'live.previous'),
    })
    expect([versionIn('live'), versionIn('live.previous')]).toEqual(['4', '1'])
    expect(entries()).toEqual(['candidate', 'live', 'live.previous'])
    await promoteModel(`${there.previous}/`, live)
    expect([versionIn('live'), versionIn('live.previous')]).toEqual(['1', '4'])
    expect(entries()).toEqual(['candidate', 'live', 'live.previous'])
  })

  it('takes the heads of a candidate along', async () => {
    const heads = (name: string) => readdirSync(join(at, name)).filter((file) => file.startsWith('heads.'))
    await promoteModel(join(at, 'candidate'), join(at, 'live'))
    expect([heads('live'), heads('live.previous')]).toEqual([['heads.bin', 'heads.json'], []])
    await promoteModel(join(at, 'live.previous'), join(at, 'live'))
    expect([heads('live'), heads('live.previous')]).toEqual([[], ['heads.bin', 'heads.json']])
  })

  it.each(['link', 'link/'])('points %s to the candidate', async (name) => {
    symlinkSync(join(at, 'live'), join(at, 'link'))
    const { previous } = await promoteModel(`${at}/candidate/`, `${at}/${name}`)
    expect(previous).toBe(realpathSync(join(at, 'live')))
    expect(lstatSync(join(at, 'link')).isSymbolicLink()).toBe(true)
    expect(realpathSync(join(at, 'link'))).toBe(realpathSync(join(at, 'candidate')))
    expect(versionIn('live')).toBe('1')
    expect(entries()).toEqual(['candidate', 'link', 'live'])
  })

  it.each([
    ['the live one cannot be moved', /live\.previous$/],
    ['the new one cannot take its place', /live$/],
    ['the one before cannot be moved', /live\.(?!previous)[^/]+$/],
  ])('changes nothing when %s', async (_name, to) => {
    cpSync(NEW, join(at, 'live.previous'), { recursive: true })
    refused.to = to
    await expect(promoteModel(join(at, 'live.previous'), join(at, 'live'))).rejects.toThrow(/EBUSY/)
    expect(refused.to).toBeUndefined()
    expect([versionIn('live'), versionIn('live.previous')]).toEqual(['1', '4'])
    expect(entries()).toEqual(['candidate', 'live', 'live.previous'])
  })

  it('changes nothing when a link cannot be replaced', async () => {
    symlinkSync(join(at, 'live'), join(at, 'link'))
    refused.to = /link$/
    await expect(promoteModel(join(at, 'candidate'), join(at, 'link'))).rejects.toThrow(/EBUSY/)
    expect(realpathSync(join(at, 'link'))).toBe(realpathSync(join(at, 'live')))
    expect(entries()).toEqual(['candidate', 'link', 'live'])
  })

  it('leaves to another promotion what that one has replaced meanwhile', async () => {
    cpSync(OLD, join(at, 'live.previous'), { recursive: true })
    refused.to = /live\.previous$/
    refused.meanwhile = () => cpSync(NEW, join(at, 'live.previous'), { recursive: true })
    await expect(promoteModel(join(at, 'candidate'), join(at, 'live'))).rejects.toThrow(/EBUSY/)
    expect([versionIn('live'), versionIn('live.previous')]).toEqual(['1', '4'])
    expect(entries()).toEqual(['candidate', 'live', 'live.previous'])
  })

  it('leaves alone what another promotion is writing', async () => {
    mkdirSync(join(at, 'live.next'))
    writeFileSync(join(at, 'live.next', 'model.json'), 'half')
    await promoteModel(join(at, 'candidate'), join(at, 'live'))
    expect(existsSync(join(at, 'live.next', 'model.json'))).toBe(true)
  })

  it('changes nothing for a candidate that a reload would refuse', async () => {
    writeFileSync(join(at, 'candidate', 'weights.bin'), 'no')
    await expect(promoteModel(join(at, 'candidate'), join(at, 'live'))).rejects.toThrow(/weights/)
    expect(entries()).toEqual(['candidate', 'live'])
    renameSync(join(at, 'candidate'), join(at, 'other'))
    await expect(promoteModel(join(at, 'live'), `${at}/live/`)).rejects.toThrow(/is the live model already/)
    expect(entries()).toEqual(['live', 'other'])
  })
})
