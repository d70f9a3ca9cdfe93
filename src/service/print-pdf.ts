import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SigwatchError } from '../domain/errors.ts'
import { MINUTE } from '../domain/time.ts'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const PRINT_WITHIN = MINUTE

/** Whether Chromium is installed. */
export function canPrint(): boolean {
  return PROGRAMS.some(existsSync)
}

/** Prints a page to PDF with Chromium. Rejects with USAGE if it is not installed. */
export async function printPdf(page: string): Promise<Buffer> {
  const program = PROGRAMS.find(existsSync)
  if (!program) throw new SigwatchError('USAGE', '--format pdf needs Chromium; --format md does not')
  // No other user may read the folder; mkdtemp creates it with mode 0700.
  const dir = await mkdtemp(join(tmpdir(), 'sigwatch-letter-'))
  try {
    const [source, target] = [join(dir, 'letter.html'), join(dir, 'letter.pdf')]
    await writeFile(source, page)
    // Chromium refuses to run as root with its sandbox.
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const fixed = [
      '--headless',
      '--disable-gpu',
      '--no-pdf-header-footer',
      `--user-data-dir=${join(dir, 'profile')}`,
    ]
    const args = [...root, ...fixed, `--print-to-pdf=${target}`, `file://${source}`]
    const said = await new Promise<string>((resolve) => {
      execFile(program, args, { timeout: PRINT_WITHIN }, (_, __, stderr) => resolve(stderr))
    })
    if (!existsSync(target))
      throw new SigwatchError('USAGE', `${program} prints nothing: ${said.trim().split('\n').at(-1)}`)
    return await readFile(target)
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}
