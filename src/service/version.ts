import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

export const VERSION = manifest.version

/** The commit recorded by the build, or `unknown` if it was not built from a checkout. */
export const COMMIT = commitOf()

function commitOf(): string {
  try {
    const commit = readFileSync(new URL('../../dist/.commit', import.meta.url), 'utf8').trim()
    return /^[0-9a-f]{7,40}$/.test(commit) ? commit : 'unknown'
  } catch {
    return 'unknown'
  }
}
