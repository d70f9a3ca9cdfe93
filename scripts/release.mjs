// Makes everything that a release consists of, in build/: the bundle with its SBOM (bundle.mjs), a Debian package, the context of
// an image, a Helm chart, the notes of the version, and the checksums of all. Plain Node; needs npm, GNU tar and dpkg-deb.
// `--out FOLDER` puts them elsewhere; `--release` fails unless images are pinned by digest.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'build') },
    release: { type: 'boolean', default: false },
  },
})
const out = resolve(values.out)
const name = `sigwatch-${version}`
const EPOCH = '1767225600'
const SAME = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${EPOCH}`]

function run(command, args, cwd = root) {
  const env = { ...process.env, SOURCE_DATE_EPOCH: EPOCH }
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 2, 2] })
  if (status !== 0)
    throw new Error(`\`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`)
}

const read = (...path) => readFileSync(join(root, ...path), 'utf8')

function write(path, text, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, mode)
}

/** The unit of systemd for one of the commands, for the package. */
function unitOf(command) {
  return read('deploy/systemd/sigwatch.service')
    .replace(/^#[^\n]*\n(?:#[^\n]*\n)*/, '')
    .replaceAll('/opt/sigwatch', '/usr/lib/sigwatch')
    .replace('dist/main.js run', `dist/main.js ${command}`)
    .replace(/^Description=.*$/m, `Description=sigwatch ${command}`)
}

/** A package for Debian: the program in /usr/lib/sigwatch, its configuration in /etc/sigwatch, a user and units of its own. */
function makePackage(work, bundle) {
  const tree = join(work, 'deb')
  cpSync(bundle, join(tree, 'usr/lib/sigwatch'), { recursive: true })
  mkdirSync(join(tree, 'usr/bin'))
  symlinkSync('../lib/sigwatch/bin/sigwatch', join(tree, 'usr/bin/sigwatch'))
  for (const file of ['sigwatch.yaml', 'policy.yaml'])
    write(join(tree, 'etc/sigwatch', file), read('deploy/debian', file), 0o640)
  for (const command of ['run', 'archive', 'desk', 'blocker', 'notify']) {
    const unit = command === 'run' ? 'sigwatch' : `sigwatch-${command}`
    write(join(tree, `usr/lib/systemd/system/${unit}.service`), unitOf(command))
  }
  const files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  const bytes = files.reduce((sum, { parentPath, name }) => sum + lstatSync(join(parentPath, name)).size, 0)
  const control = read('deploy/debian/control')
    .replace('@VERSION@', version)
    .replace('@SIZE@', String(Math.ceil(bytes / 1024)))
  write(join(tree, 'DEBIAN/control'), control)
  write(join(tree, 'DEBIAN/conffiles'), read('deploy/debian/conffiles'))
  for (const script of ['postinst', 'prerm', 'postrm'])
    write(join(tree, 'DEBIAN', script), read('deploy/debian', script), 0o755)
  run('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', tree, join(out, `sigwatch_${version}_all.deb`)])
}

/** The last stage of the Dockerfile over the bundle, so that building the image fetches its base and nothing else. */
function makeImageContext(work, bundle) {
  const context = join(work, 'image')
  cpSync(bundle, join(context, 'sigwatch'), { recursive: true })
  const [, last] = /(?:[\s\S]*\n)?(FROM [\s\S]*)$/.exec(read('Dockerfile'))
  let isCopied = false
  const lines = last.split('\n').flatMap((line) => {
    if (!line.startsWith('COPY ')) return [line]
    if (isCopied) return []
    isCopied = true
    return ['COPY sigwatch ./']
  })
  write(join(context, 'Dockerfile'), lines.join('\n'))
  run('tar', [...SAME, '-czf', join(out, `${name}-image.tar.gz`), '-C', context, '.'])
}

/** The chart with the version and the alert rules. */
function makeChart(work) {
  const chart = join(work, 'chart/sigwatch')
  cpSync(join(root, 'deploy/helm/sigwatch'), chart, { recursive: true })
  cpSync(join(root, 'prometheus/rules'), join(chart, 'rules'), { recursive: true })
  write(join(chart, 'Chart.yaml'), read('deploy/helm/sigwatch/Chart.yaml').replaceAll('0.0.0', version))
  run('tar', [
    ...SAME,
    '-czf',
    join(out, `sigwatch-chart-${version}.tgz`),
    '-C',
    join(work, 'chart'),
    'sigwatch',
  ])
}

/** What CHANGELOG.md says of the version. */
function notes() {
  const [, text] = new RegExp(
    `^## \\[${version.replaceAll('.', '\\.')}\\][^\\n]*\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`,
    'm',
  ).exec(read('CHANGELOG.md')) ?? ['', '']
  if (text.trim() === '') throw new Error(`CHANGELOG.md says nothing of ${version}`)
  return `# sigwatch ${version}\n\n${text.trim()}\n`
}

mkdirSync(out, { recursive: true })
run(process.execPath, [
  join(root, 'scripts/bundle.mjs'),
  '--out',
  out,
  ...(values.release ? ['--release'] : []),
])
const work = mkdtempSync(join(tmpdir(), 'sigwatch-release-'))
try {
  run('tar', ['-xzf', join(out, `${name}.tar.gz`), '-C', work])
  const bundle = join(work, 'bundle')
  renameSync(join(work, name), bundle)
  makePackage(work, bundle)
  makeImageContext(work, bundle)
  makeChart(work)
  write(join(out, `${name}-notes.md`), notes())
  const files = readdirSync(out).filter((file) => file.includes(version) && file.startsWith('sigwatch'))
  const sums = files.sort().map((file) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(out, file)))
      .digest('hex')
    return `${hash}  ${file}\n`
  })
  write(join(out, 'SHA256SUMS'), sums.join(''))
  process.stderr.write(`${files.map((file) => join(out, file)).join('\n')}\n`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
