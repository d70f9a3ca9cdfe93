import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Answer } from './answers.ts'

/** What the build makes of `browser/`: beside this file, or in `dist` for a checkout that runs from its sources. */
const PLACES = ['./charts.js', '../../../dist/analyst/desk/charts.js'].map(
  (path) => new URL(path, import.meta.url),
)

let packed: Buffer | undefined

/** The script that draws charts; without it pages show their tables. */
export function chartScript(encodings: string | undefined): Answer {
  const place = PLACES.find(existsSync)
  if (!place) return { status: 404, type: 'text/plain; charset=utf-8', body: 'not built: run npm run setup' }
  const headers = { 'cache-control': 'private, max-age=3600', vary: 'accept-encoding' }
  const type = 'text/javascript; charset=utf-8'
  if (!encodings?.includes('gzip')) return { status: 200, type, body: readFileSync(place, 'utf8'), headers }
  packed ??= gzipSync(readFileSync(place))
  return { status: 200, type, body: packed, headers: { ...headers, 'content-encoding': 'gzip' } }
}
