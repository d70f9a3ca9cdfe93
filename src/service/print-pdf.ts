import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SigwatchError } from '../domain/errors.ts'
import { OWNER_ONLY } from '../domain/owner-only.ts'
import { MINUTE } from '../domain/time.ts'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const PRINT_WITHIN = MINUTE

/** Prints a page as PDF with Chromium. Rejects with USAGE where there is none. */
export function printPdf(page: string, out: string): void {
  const program = PROGRAMS.find(existsSync)
  if (!program) throw new SigwatchError('USAGE', '--format pdf needs Chromium; --format md does not')
  // Its folder may be read by no other user: mkdtemp makes it so.
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-letter-'))
  try {
    const [source, target] = [join(dir, 'letter.html'), join(dir, 'letter.pdf')]
    writeFileSync(source, page)
    // Chromium has no sandbox for root.
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const fixed = [
      '--headless',
      '--disable-gpu',
      '--no-pdf-header-footer',
      `--user-data-dir=${join(dir, 'profile')}`,
    ]
    const { status, stderr } = spawnSync(
      program,
      [...root, ...fixed, `--print-to-pdf=${target}`, `file://${source}`],
      {
        encoding: 'utf8',
        timeout: PRINT_WITHIN,
      },
    )
    if (status !== 0 || !existsSync(target))
      throw new SigwatchError('USAGE', `${program} prints nothing: ${stderr.trim().split('\n').at(-1)}`)
    // Not copied: the mode would be the one that Chromium gave.
    writeFileSync(out, readFileSync(target), { mode: OWNER_ONLY })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
