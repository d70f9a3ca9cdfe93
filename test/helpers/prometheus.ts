import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { freePort } from './free-port.ts'
import { expandPromql, queriesTo, readDashboards } from './grafana.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const RULE_FILES = readdirSync(join(ROOT, 'prometheus/rules')).map((name) =>
  join(ROOT, 'prometheus/rules', name),
)

/** A PromQL expression and its place in the dashboards or rules. */
export interface Query {
  readonly where: string
  readonly expr: string
}

/** All Prometheus queries of the dashboards, with variables filled in as Grafana does for "All". */
export function dashboardQueries(): Query[] {
  return queriesTo('prometheus', readDashboards('en')).map(({ dashboard, where, text }) => ({
    where: `${dashboard}: ${where}`,
    expr: filled(text),
  }))
}

function filled(expr: string): string {
  return expandPromql(expr, { rateInterval: '1m', range: '1m' })
}

export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export function readRules(): Rule[] {
  return RULE_FILES.flatMap((file) => {
    const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }
    return groups.flatMap((group) => group.rules)
  })
}

/** Whether prometheus and promtool are installed. Throws if they are not and tests must not be skipped (CI=true). */
export function hasPrometheus(): boolean {
  try {
    for (const tool of ['prometheus', 'promtool']) execFileSync(tool, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    const message = 'prometheus and promtool are not installed (Debian: apt-get install prometheus)'
    if (process.env.CI === 'true') throw new Error(message)
    process.stderr.write(`SKIPPED: ${message}; the queries of the dashboards and the rules are not tried.\n`)
    return false
  }
}

/** Output of promtool; throws with it if promtool finds a fault. */
export function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

export interface RuleState {
  readonly name: string
  readonly health: string
  readonly lastError?: string
}

export interface Prometheus {
  /** Runs an instant query at `at` (epoch ms, default now); rejects with the error of Prometheus. */
  query(expr: string, at?: number): Promise<readonly Sample[]>
  rules(): Promise<readonly RuleState[]>
  /** Resolves when the query has a result. */
  until(expr: string, timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a real Prometheus with the configuration and rules of the repository, which scrapes the targets every second.
 * `history`: OpenMetrics samples with timestamps, imported before the start.
 */
export async function startPrometheus(
  targets: readonly string[],
  { history }: { readonly history?: string } = {},
): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-prometheus-'))
  cpSync(join(ROOT, 'prometheus/rules'), join(folder, 'rules'), { recursive: true })
  const config = parse(readFileSync(join(ROOT, 'prometheus/prometheus.yml'), 'utf8')) as {
    global: Record<string, string>
    scrape_configs: { static_configs: { targets: readonly string[] }[] }[]
  }
  config.global.scrape_interval = '1s'
  config.global.evaluation_interval = '1s'
  config.scrape_configs[0]!.static_configs[0]!.targets = targets
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config))

  if (history !== undefined) {
    writeFileSync(join(folder, 'history'), history)
    promtool(
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      '--quiet',
      join(folder, 'history'),
      join(folder, 'data'),
    )
  }
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
      '--storage.tsdb.retention.time=100y',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += String(chunk)
  })

  async function api<T>(path: string): Promise<T> {
    const response = await fetch(`${base}/api/v1/${path}`)
    const body = (await response.json()) as { status: string; error?: string; data: T }
    if (body.status !== 'success') throw new Error(body.error)
    return body.data
  }

  async function close(): Promise<void> {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }

  async function poll(done: () => Promise<boolean>, what: string, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!(await done().catch(() => false))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`prometheus: no ${what}\n${said}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  const query = async (expr: string, at?: number) => {
    const time = at === undefined ? '' : `&time=${at / 1000}`
    return (await api<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}${time}`)).result
  }
  try {
    await poll(async () => (await fetch(`${base}/-/ready`)).ok, 'start', 30_000)
  } catch (error) {
    await close()
    throw error
  }
  return {
    query,
    rules: async () =>
      (await api<{ groups: { rules: RuleState[] }[] }>('rules')).groups.flatMap((g) => g.rules),
    until: (expr, timeoutMs = 30_000) =>
      poll(async () => (await query(expr)).length > 0, `result of ${expr}`, timeoutMs),
    close,
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
