import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Cache folder for jars, shared by all runs; may not exist yet. */
export function jarsFolder(name: string): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  return join(cache, 'sigwatch', name)
}

/**
 * Folder with the dependencies of a pom, downloaded once by Maven. The folder is renamed last, so if it has the jar it is
 * complete.
 */
export function fetchMavenJars(pom: string, name: string, jar: string): string {
  const folder = jarsFolder(name)
  if (existsSync(folder) && readdirSync(folder).includes(jar)) return folder
  mkdirSync(join(folder, '..'), { recursive: true })
  const partial = mkdtempSync(`${folder}-`)
  execFileSync(
    'mvn',
    [
      ...['-q', '-B', '-f', pom, 'dependency:copy-dependencies'],
      ...['-DincludeScope=runtime', `-DoutputDirectory=${partial}`],
    ],
    { stdio: ['ignore', 2, 2] },
  )
  rmSync(folder, { recursive: true, force: true })
  renameSync(partial, folder)
  return folder
}
