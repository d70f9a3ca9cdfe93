// Makes the release bundle: build/sigwatch-<version>.tar.gz with everything that runs, its SBOM and their checksums.
// Plain Node; needs npm and GNU tar. `--out FOLDER` puts them elsewhere; `--release` fails unless images are pinned by digest.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundledFiles } from './bundle-files.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { version } = packageJson
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'build') },
    release: { type: 'boolean', default: false },
  },
})
const out = resolve(values.out)
const name = `sigwatch-${version}`

const LAUNCHER = `#!/bin/sh
# Where the bundle lies, through links to this file too.
exec node "$(dirname "$(readlink -f "$0")")/../dist/main.js" "$@"
`

/** Runs a program to its end; returns what it printed. */
function run(command, args, cwd) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 2],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status === 0) return stdout
  throw new Error(`\`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`)
}

/** Every file below a folder. */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : entry.isFile() ? [path] : []
  })
}

/** An SBOM whose components have the names of their packages: npm gives an alias as the name, and the package in `purl`. */
function namedAsPublished(sbom) {
  const bom = JSON.parse(sbom)
  for (const component of bom.components) {
    const [, name] = /^pkg:npm\/(.+)@[^@]+$/.exec(component.purl)
    component.name = decodeURIComponent(name)
  }
  return `${JSON.stringify(bom, undefined, 2)}\n`
}

/** Machine code of some platform: a bundle for all has none. */
function isNative(path) {
  if (['.node', '.so', '.dylib', '.dll', '.exe'].includes(extname(path))) return true
  return readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF'
}

if (values.release) run(process.execPath, [join(root, 'scripts', 'pin-images.mjs'), '--check'], root)
run(process.execPath, [join(root, 'scripts', 'setup.mjs')], root)
const work = mkdtempSync(join(tmpdir(), 'sigwatch-bundle-'))
try {
  const folder = join(work, name)
  for (const path of bundledFiles(root)) cpSync(join(root, path), join(folder, path))
  const isBuilt = (path) => basename(path) !== '.sigwatch-built'
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true, filter: isBuilt })
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin', 'sigwatch'), LAUNCHER)
  chmodSync(join(folder, 'bin', 'sigwatch'), 0o755)

  const only = ['--omit=dev', '--omit=optional', '--ignore-scripts']
  run('npm', ['ci', ...only, '--no-audit', '--no-fund', '--loglevel=error'], folder)
  // As it is now: with `--omit`, `npm sbom` leaves out what development needs too.
  const { scripts: _, devDependencies: _dev, optionalDependencies: _optional, ...manifest } = packageJson
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  rmSync(join(folder, 'package-lock.json'))
  const native = filesIn(folder).filter(isNative)
  if (native.length > 0) throw new Error(`the bundle would hold machine code: ${native.join(', ')}`)

  mkdirSync(out, { recursive: true })
  const sbom = `${name}.cdx.json`
  writeFileSync(join(out, sbom), namedAsPublished(run('npm', ['sbom', '--sbom-format=cyclonedx'], folder)))
  const archive = `${name}.tar.gz`
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=2026-01-01 00:00:00Z']
  run('tar', [...same, '-czf', join(out, archive), name], work)
  const sums = [archive, sbom].map((file) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(out, file)))
      .digest('hex')
    return `${hash}  ${file}\n`
  })
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  process.stderr.write(`${join(out, archive)}, its SBOM and SHA256SUMS\n`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
