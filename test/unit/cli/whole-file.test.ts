import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeWholeFile } from '../../../src/cli/whole-file.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const folder = useFolder()

const leftAside = () => readdirSync(folder.path).filter((name) => name.endsWith('.part'))
const modeOf = (file: string) => statSync(file).mode & 0o777

describe('a file that is written whole', () => {
  it('is for its owner alone, and keeps the mode that it had', () => {
    const file = folder.file('report.html')
    writeWholeFile(file, 'first')
    expect([readFileSync(file, 'utf8'), modeOf(file)]).toEqual(['first', 0o600])
    chmodSync(file, 0o640)
    writeWholeFile(file, 'second')
    expect([readFileSync(file, 'utf8'), modeOf(file)]).toEqual(['second', 0o640])
    expect(leftAside()).toEqual([])
  })

  it('is written to where a link leads', () => {
    const [link, target] = [folder.file('latest.html'), folder.file('2026-11.html')]
    writeFileSync(target, 'first')
    symlinkSync(target, link)
    writeWholeFile(link, 'second')
    expect([readFileSync(target, 'utf8'), lstatSync(link).isSymbolicLink()]).toEqual(['second', true])
  })

  it('stays as it was where the new content cannot be written', () => {
    const file = folder.file('report.html')
    writeFileSync(file, 'first')
    const code = `import { writeWholeFile } from '${join(process.cwd(), 'src/cli/whole-file.ts')}'
try { writeWholeFile('${file}', 'x'.repeat(100_000)) } catch (error) { console.log(error.message) }`
    // A limit on the size of files stands for a disk that fills up on the way.
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', 'ulimit -f 8; exec "$0" --import tsx --input-type=module -e "$1"', process.execPath, code],
      { encoding: 'utf8', env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
    )
    expect(stdout, stderr).toContain(`cannot write ${file}: EFBIG`)
    expect([leftAside(), readFileSync(file, 'utf8')]).toEqual([[], 'first'])
  })

  it.skipIf(process.getuid?.() !== 0)('stays as it was in a folder without write access', () => {
    const file = folder.file('closed.html')
    writeFileSync(file, 'first')
    chmodSync(file, 0o666)
    chmodSync(folder.path, 0o755)
    const uid = process.seteuid!.bind(process)
    uid(65_534)
    try {
      expect(() => writeWholeFile(file, 'second')).toThrow(/^cannot write .*closed\.html: EACCES.*folder/)
    } finally {
      uid(0)
    }
    expect([leftAside(), readFileSync(file, 'utf8')]).toEqual([[], 'first'])
  })

  it('names a folder that is not there, or that it is itself', () => {
    for (const file of [folder.file('none/report.html'), folder.path]) {
      expect(() => writeWholeFile(file, 'x')).toThrow(`cannot write ${file}: `)
    }
  })
})
