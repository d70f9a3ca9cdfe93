// What of the checkout goes into the release bundle.
import { spawnSync } from 'node:child_process'

const FILES = ['package.json', 'package-lock.json', 'LICENSE', 'README.md', 'README.zh-CN.md', 'CHANGELOG.md']
const FOLDERS = ['config', 'models', 'docs', 'deploy', 'examples', 'grafana', 'prometheus']

/**
 * Paths of the files that the bundle takes over, below the root of the checkout. Only what git tracks: a private
 * configuration or key in one of the folders is not published. Throws where `root` is no checkout or lacks one of them.
 */
export function bundledFiles(root) {
  const { status, stdout, stderr, error } = spawnSync('git', ['ls-files', '-z', '--', ...FILES, ...FOLDERS], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0)
    throw new Error(`a bundle is made of what git tracks, and git says: ${error?.message ?? stderr.trim()}`)
  const tracked = stdout.split('\0').filter((path) => path !== '')
  const missing = [
    ...FILES.filter((file) => !tracked.includes(file)),
    ...FOLDERS.filter((folder) => !tracked.some((path) => path.startsWith(`${folder}/`))),
  ]
  if (missing.length > 0) throw new Error(`git tracks nothing of ${missing.join(', ')} in ${root}`)
  return tracked
}
