import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  blockCommand,
  exemptCommand,
  feedbackCommand,
  releaseCommand,
  unblockCommand,
} from '../../../src/cli/feedback.ts'
import { useFolder } from '../../helpers/jsonl.ts'

/** The long options that the help of a command lists. */
const optionsOf = (help: string) =>
  [...help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name).filter((name) => name !== 'help')

describe('the help of the commands that write feedback', () => {
  it('lists what goes with each', () => {
    expect(optionsOf(blockCommand().helpInformation()).toSorted()).toEqual(
      'action alerts batch by config file labels list per-minute until wait why'.split(' '),
    )
    expect(optionsOf(unblockCommand().helpInformation()).toSorted()).toEqual(
      'batch by config file list note wait'.split(' '),
    )
    for (const command of [releaseCommand(), exemptCommand(), feedbackCommand()])
      expect(optionsOf(command.helpInformation())).toEqual(expect.arrayContaining(['codes', 'until']))
    expect(optionsOf(releaseCommand().helpInformation())).toContain('alerts')
    expect(optionsOf(exemptCommand().helpInformation())).not.toContain('alerts')
  })

  it('says that a block has no default end, and what that of others is', () => {
    const untilOf = (help: string) => help.replaceAll(/\s+/g, ' ').match(/--until <time> .*?(?= --|$)/)![0]
    expect(untilOf(blockCommand().helpInformation())).toMatch(/at most 30d; required/)
    expect(untilOf(releaseCommand().helpInformation())).toMatch(/default 24h, at most 30d/)
  })
})

describe('the commands that write feedback', () => {
  const folder = useFolder()
  afterEach(() => void vi.restoreAllMocks())

  const block = (target: string, ...more: string[]) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    writeFileSync(folder.file('sigwatch.yaml'), 'deployment: t\n')
    const where = ['--config', folder.file('sigwatch.yaml'), '--file', folder.file('feedback.jsonl')]
    const argv = [target, ...where, '--until', '2h', '--by', 'ann', '--why', 'forged', ...more]
    return blockCommand().exitOverride().parseAsync(argv, { from: 'user' })
  }

  it('refuse an invalid port before anything is written', async () => {
    for (const target of ['port:10690x', 'port:1069*5', 'sender:某店@10690x'])
      await expect(block(target)).rejects.toThrow(/is not a port.*for example 1069012345\*/)
    expect(existsSync(folder.file('feedback.jsonl'))).toBe(false)
  })

  it('list rows with the feedback id by which they are undone', async () => {
    await block('port:1069000999*')
    const [row] = readFileSync(folder.file('feedback.jsonl'), 'utf8').trim().split('\n')
    let listed = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      listed += text
      return true
    })
    const where = ['--config', folder.file('sigwatch.yaml'), '--file', folder.file('feedback.jsonl')]
    await feedbackCommand().parseAsync([...where, '--list'], { from: 'user' })
    expect(JSON.parse(listed)).toEqual({
      ...JSON.parse(row!),
      feedbackId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })
})
