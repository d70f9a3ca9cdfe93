// Makes a checkout ready: installs when node_modules is missing or stale, builds when dist is. Plain Node, no packages.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const INSTALLED = join(root, 'node_modules', '.sigwatch-installed')
const BUILT = join(root, 'dist', '.sigwatch-built')

function say(line) {
  process.stderr.write(`${line}\n`)
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  say(
    `sigwatch: \`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}; see the lines above`,
  )
  process.exit(1)
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** Every file below a folder. */
function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? files(path) : [path]
  })
}

const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  say(`sigwatch needs Node 20 or later; this is Node ${process.versions.node}`)
  process.exit(1)
}

const lock = createHash('sha256')
  .update(read(join(root, 'package-lock.json')))
  .update(String(major))
  .digest('hex')
if (read(INSTALLED) !== lock) {
  say('sigwatch: installing packages (once) …')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(INSTALLED, lock)
  if (!existsSync(join(root, 'node_modules', '@tensorflow', 'tfjs-node'))) {
    say(
      'sigwatch: the optional native TensorFlow backend could not be installed here; the wasm backend serves.',
    )
  }
}

// The form of commit messages is checked in checkouts of developers; elsewhere there is no repository to set up.
if (existsSync(join(root, '.git')) && existsSync(join(root, 'scripts', 'hooks'))) {
  spawnSync('git', ['config', 'core.hooksPath', 'scripts/hooks'], { cwd: root, stdio: 'ignore' })
}

const sources = [
  ...files(join(root, 'src')),
  ...['tsconfig.json', 'tsconfig.build.json', 'config/brands.yaml'].map((path) => join(root, path)),
]
const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs))
const stamp = `${sources.length}/${newest}`
if (read(BUILT) !== stamp) {
  say('sigwatch: building …')
  // Modules that are gone must not stay, and a copy of the checkout may share its files by hard links.
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
  for (const path of sources.filter(
    (p) => /\.(lua|json|sql|txt)$/.test(p) && p.startsWith(join(root, 'src')),
  )) {
    const target = join(root, 'dist', path.slice(join(root, 'src').length))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(path, target)
  }
  run(process.execPath, [join('scripts', 'build-brands.mjs')])
  run(process.execPath, [join('scripts', 'build-client.mjs')])
  // Of no checkout, an unpacked archive, nothing is known.
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status === 0) writeFileSync(join(root, 'dist', '.commit'), stdout)
  writeFileSync(BUILT, stamp)
}
