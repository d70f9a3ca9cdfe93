import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packNames, writePack } from '../../../src/cli/pack-files.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const folder = useFolder()

const NAMES = packNames('evidence-c-1')
const packOf = (content: string) => NAMES.map((name) => ({ name, content }))
const contentsIn = (dir: string) => NAMES.map((name) => readFileSync(join(dir, name), 'utf8'))
const MODULE = join(process.cwd(), 'src/cli/pack-files.ts')

describe('the files of a pack', () => {
  it('leave the earlier pack alone where they do not fit on the disk', () => {
    for (const replace of [true, false]) {
      const dir = folder.file(`full-${replace}`)
      writePack(dir, packOf('first'), false)
      const code = `import { writePack } from '${MODULE}'
const files = ${JSON.stringify(packOf('second'))}
files[1].content = 'x'.repeat(100_000)
try { writePack('${dir}', files, ${replace}) } catch (error) { console.log(error.message) }`
      // A limit on the size of files stands for a disk that fills up on the way.
      const { stdout, stderr } = spawnSync(
        'bash',
        ['-c', 'ulimit -f 8; exec "$0" --import tsx --input-type=module -e "$1"', process.execPath, code],
        { encoding: 'utf8', env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
      )
      expect(stdout, stderr).toContain(`cannot write to ${dir}: EFBIG`)
      expect([readdirSync(dir).sort(), contentsIn(dir)]).toEqual([
        [...NAMES].sort(),
        NAMES.map(() => 'first'),
      ])
    }
  })

  it('are not written while another run writes them, and the fault says what to do', () => {
    const dir = folder.file('claimed')
    writePack(dir, packOf('first'), false)
    mkdirSync(join(dir, 'evidence-c-1.part'))
    for (const replace of [true, false])
      expect(() => writePack(dir, packOf('second'), replace)).toThrow(
        `another run writes this pack; if none does, one was interrupted: remove ${join(dir, 'evidence-c-1.part')}`,
      )
    expect(contentsIn(dir)).toEqual(NAMES.map(() => 'first'))
  })
})
