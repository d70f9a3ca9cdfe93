import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { renderChart } from '../helpers/helm.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { TOKEN_KEY } from '../helpers/service.ts'

const ROOT = join(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const DEB = `sigwatch_${version}_all.deb`
const folder = useFolder()

interface Named {
  readonly name: string
}
/** What is looked at of manifests, each kind having its own. */
interface Manifest {
  readonly kind: string
  readonly metadata: Named
  readonly data: Readonly<Record<string, string>>
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly args: readonly string[]
          readonly image: string
          readonly env: readonly Named[]
          readonly securityContext: object
          readonly volumeMounts: readonly Named[]
        }[]
        readonly volumes: readonly Named[]
      }
    }
    readonly egress: readonly { readonly ports: readonly { readonly port: number }[] }[]
    readonly groups: readonly { readonly rules: readonly { readonly alert?: string }[] }[]
  }
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder.path,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stdout + stderr
}

beforeAll(() => {
  run(process.execPath, [join(ROOT, 'scripts/release.mjs'), '--out', folder.path])
}, 600_000)

it('is complete, and its checksums are those of its files', () => {
  const checked = run('sha256sum', ['--check', '--strict', 'SHA256SUMS'])
  for (const file of [
    `sigwatch-${version}.tar.gz`,
    `sigwatch-${version}.cdx.json`,
    `sigwatch-${version}-image.tar.gz`,
    `sigwatch-${version}-notes.md`,
    `sigwatch-chart-${version}.tgz`,
    DEB,
  ])
    expect(checked).toContain(`${file}: OK`)
  const notes = readFileSync(folder.file(`sigwatch-${version}-notes.md`), 'utf8')
  expect(notes).toMatch(/^### Added$/m)
  expect(notes).not.toMatch(/^## /m)
})

it('has an image context that builds without the network but for its base', () => {
  mkdirSync(folder.file('image'))
  run('tar', ['xzf', `sigwatch-${version}-image.tar.gz`, '-C', 'image'])
  const dockerfile = readFileSync(folder.file('image/Dockerfile'), 'utf8')
  expect(dockerfile.match(/^FROM .*$/gm)).toEqual([expect.stringMatching(/^FROM node:24-/)])
  expect(dockerfile.match(/^(?:COPY|RUN) .*$/gm)).toEqual(['COPY sigwatch ./'])
  const entry = ['image/sigwatch/dist/main.js', 'image/sigwatch/config', 'image/sigwatch/models']
  for (const path of entry) expect(existsSync(folder.file(path)), path).toBe(true)
})

// A clean Debian, in which only this package and what it depends on are installed.
describe.skipIf(process.getuid?.() !== 0)('the Debian package', () => {
  const root = folder.file('debian')
  const inside = (script: string) => run('chroot', [root, 'sh', '-c', script], { NODE_EXTRA_CA_CERTS: '' })
  const install = (file: string) => {
    cpSync(folder.file(file), join(root, 'root', file))
    return inside(`dpkg --force-confold --install /root/${file}`)
  }

  beforeAll(() => {
    run('mmdebstrap', ['--quiet', '--variant=apt', '--include=nodejs,adduser', 'trixie', root])
    install(DEB)
  }, 600_000)

  it('gives a command, a configuration in shadow, a key of its own and units', () => {
    expect(inside('sigwatch --version')).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')} \\(`, 'm'))
    const checked = inside(
      'cd /etc/sigwatch && SIGWATCH_PRIVACY_TOKEN_KEY_FILE=/etc/sigwatch/token-key sigwatch check',
    )
    expect(checked).toContain('mode shadow')
    expect(checked).toContain('no errors')
    expect(statSync(join(root, 'etc/sigwatch/token-key')).mode & 0o777).toBe(0o600)
    expect(inside("stat -c '%A %G' /etc/sigwatch/sigwatch.yaml")).toContain('-rw-r----- sigwatch')
    for (const unit of [
      'sigwatch',
      'sigwatch-archive',
      'sigwatch-desk',
      'sigwatch-blocker',
      'sigwatch-notify',
    ]) {
      const text = readFileSync(join(root, `usr/lib/systemd/system/${unit}.service`), 'utf8')
      expect(text).toContain('WorkingDirectory=/usr/lib/sigwatch')
      expect(text).toContain(
        `dist/main.js ${unit === 'sigwatch' ? 'run' : unit.slice(9)} --config /etc/sigwatch/`,
      )
    }
  })

  it('judges the first messages of an operator', () => {
    const verdicts = inside(
      'cd /tmp && sigwatch simulate --minutes 1 --out m.jsonl && sigwatch run --source m.jsonl --verdicts v.jsonl && wc -l v.jsonl',
    )
    expect(Number(/^(\d+) v\.jsonl$/m.exec(verdicts)?.[1])).toBeGreaterThan(1_000)
  }, 120_000)

  it('is upgraded with its configuration and key, and takes them along only when it is purged', () => {
    appendFileSync(join(root, 'etc/sigwatch/policy.yaml'), '# ours\n')
    const key = readFileSync(join(root, 'etc/sigwatch/token-key'), 'utf8')
    run('dpkg-deb', ['-R', DEB, 'newer'])
    const control = readFileSync(folder.file('newer/DEBIAN/control'), 'utf8')
    writeFileSync(
      folder.file('newer/DEBIAN/control'),
      control.replace(`Version: ${version}`, `Version: ${version}+1`),
    )
    appendFileSync(folder.file('newer/etc/sigwatch/policy.yaml'), '# theirs\n')
    run('dpkg-deb', ['--build', '--root-owner-group', '-Znone', 'newer', 'newer.deb'])
    install('newer.deb')
    expect(inside('dpkg -s sigwatch')).toContain(`Version: ${version}+1\n`)
    expect(readFileSync(join(root, 'etc/sigwatch/policy.yaml'), 'utf8')).toMatch(/# ours\n$/)
    expect(readFileSync(join(root, 'etc/sigwatch/token-key'), 'utf8')).toBe(key)

    inside('dpkg --remove sigwatch')
    expect(existsSync(join(root, 'usr/lib/sigwatch/dist'))).toBe(false)
    expect(existsSync(join(root, 'etc/sigwatch/token-key'))).toBe(true)
    inside('dpkg --purge sigwatch')
    expect(existsSync(join(root, 'etc/sigwatch'))).toBe(false)
  }, 120_000)
})

describe('the Helm chart', () => {
  const rendered = (values: object = {}) =>
    parseAllDocuments(renderChart(folder.file('chart/sigwatch'), values))
      .map((document) => document.toJS() as Manifest | null)
      .filter((manifest) => manifest !== null)
  const named = (manifests: readonly Manifest[], kind: string, name: string) =>
    manifests.find((one) => one.kind === kind && one.metadata.name === name)!

  beforeAll(() => {
    mkdirSync(folder.file('chart'))
    run('tar', ['xzf', `sigwatch-chart-${version}.tgz`, '-C', 'chart'])
  })

  it('has a configuration that the service accepts, in shadow', () => {
    const { data } = named(rendered(), 'ConfigMap', 'watch')
    for (const [file, text] of Object.entries(data)) writeFileSync(folder.file(file), text)
    const checked = run(
      process.execPath,
      [join(ROOT, 'dist/main.js'), 'check', '--config', 'sigwatch.yaml'],
      {
        SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY,
      },
    )
    expect(checked).toContain('mode shadow')
    expect(checked).toContain('no errors')
  })

  it('runs each command with its secrets, no rights and a filesystem that is only read', () => {
    const all = rendered({
      archive: { enabled: true },
      desk: { enabled: true },
      blocker: { enabled: true },
      notify: { enabled: true },
      kafkaTls: { secretName: 'kafka' },
      secret: {
        name: 'sigwatch',
        keys: ['token-key', 'redis-url', 'archive-url', 'desk-tokens', 'kafka-password'],
      },
    })
    for (const [name, command] of [
      ['watch', 'run'],
      ['watch-archive', 'archive'],
      ['watch-desk', 'desk'],
      ['watch-blocker', 'blocker'],
      ['watch-notify', 'notify'],
    ] as const) {
      const { template } = named(all, 'Deployment', name).spec
      const [container] = template.spec.containers
      expect(container!.args).toEqual([command, '--config', '/etc/sigwatch/sigwatch.yaml'])
      expect(container!.image).toBe(`registry.example/sigwatch:${version}`)
      expect(container!.env.map(({ name: variable }) => variable)).toEqual([
        'SIGWATCH_PRIVACY_TOKEN_KEY_FILE',
        'SIGWATCH_REDIS_URL_FILE',
        'SIGWATCH_ARCHIVE_URL_FILE',
        'SIGWATCH_DESK_TOKENS_FILE',
        'SIGWATCH_KAFKA_SASL_PASSWORD_FILE',
      ])
      expect(container!.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      })
      expect(template.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true },
      })
      const mounts = container!.volumeMounts.map(({ name: volume }) => volume)
      expect(template.spec.volumes.map(({ name: volume }) => volume)).toEqual(mounts)
    }
    expect(named(all, 'NetworkPolicy', 'watch').spec.egress[1]!.ports.map(({ port }) => port)).toContain(5432)
  })

  it('asks for alert rules and a monitor only where the Prometheus operator is', () => {
    expect(rendered().map(({ kind }) => kind)).not.toContain('PrometheusRule')
    const rules = named(rendered({ monitoring: { enabled: true } }), 'PrometheusRule', 'watch').spec.groups
    const alerts = rules.flatMap((group) => group.rules.map(({ alert }) => alert))
    expect(alerts).toContain('SigwatchDegraded')
  })
})
