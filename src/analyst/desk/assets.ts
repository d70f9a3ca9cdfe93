import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Answer } from './answers.ts'

const SCRIPTS = ['/charts.js', '/queue.js']
/** Folders of the built `browser/` scripts: below this one, or in `dist` when running a checkout from source. */
const FOLDERS = ['./browser', '../../../dist/analyst/desk/browser']

const packed = new Map<string, Buffer>()

/** The built scripts of the desk; without them pages show tables instead of charts. undefined for any other path. */
export function builtScript(path: string, encodings: string | undefined): Answer | undefined {
  if (!SCRIPTS.includes(path)) return undefined
  const file = FOLDERS.map((folder) => new URL(folder + path, import.meta.url)).find(existsSync)
  if (!file) return { status: 404, type: 'text/plain; charset=utf-8', body: 'not built: run npm run setup' }
  const headers = { 'cache-control': 'private, max-age=3600', vary: 'accept-encoding' }
  const type = 'text/javascript; charset=utf-8'
  if (!encodings?.includes('gzip')) return { status: 200, type, body: readFileSync(file, 'utf8'), headers }
  const body = packed.get(path) ?? gzipSync(readFileSync(file))
  packed.set(path, body)
  return { status: 200, type, body, headers: { ...headers, 'content-encoding': 'gzip' } }
}
