// CPU time per message of rspamd with comparable methods, a text classifier (Bayes) and rate limits per sender in Redis, compared
// with sigwatch on a Redis of its own: CPU time of the processes and of the Redis server, on the same simulated messages. rspamd
// gets each SMS as a mail with minimal headers over kept-alive connections; `--mail-rules` also runs its installed rules for
// mail.
//
//   npm run bench -- rspamd [--messages 4000] [--learn 2000] [--mail-rules]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../helpers/free-port.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { linesOfTraffic, trafficOf } from './embedded-traffic.ts'
import { cpuSeconds, load } from './processes.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Concurrent requests: enough to keep the single worker busy. */
const CONCURRENT = 8
/** Share of the messages before measuring starts. */
const WARM = 0.25
const BAD = new Set(['fraud', 'illicit'])

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '4000' },
    learn: { type: 'string', default: '2000' },
    'mail-rules': { type: 'boolean', default: false },
  },
})

function configOf(folder: string, redis: string, [check, control]: readonly [number, number]): string {
  return `
options { pidfile = "${folder}/pid"; filters = ""; dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1; retransmits = 1; } }
logging { type = "file"; filename = "${folder}/log"; level = "error"; }
worker "normal" { bind_socket = "127.0.0.1:${check}"; count = 1; }
worker "controller" { bind_socket = "127.0.0.1:${control}"; secure_ip = "127.0.0.1"; }
redis { servers = "${redis}"; }
classifier "bayes" {
  tokenizer { name = "osb"; }
  backend = "redis";
  new_schema = true;
  min_tokens = 3;
  min_learns = 200;
  statfile { symbol = "BAYES_HAM"; spam = false; }
  statfile { symbol = "BAYES_SPAM"; spam = true; }
}
ratelimit { rates { sender { selector = "from:addr"; bucket { burst = 1000; rate = "600 / 1min"; } } } }
modules { path = "/usr/share/rspamd/plugins/ratelimit.lua"; }
${options['mail-rules'] ? 'lua = "/usr/share/rspamd/rules/rspamd.lua";' : ''}
actions { reject = 15; add_header = 6; greylist = 4; }
`
}

function mailOf(from: string, to: string, text: string): string {
  return [
    ...[`From: <${from}@sms.example>`, `To: <${to}@sms.example>`, 'MIME-Version: 1.0'],
    ...['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', text, ''],
  ].join('\r\n')
}

const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT })
function post(port: number, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host: '127.0.0.1', port, path, method: 'POST' }, (answer) => {
      let said = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
      })
      answer.on('end', () => resolve(said))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

async function postAll(
  port: number,
  bodies: readonly (readonly [path: string, body: string])[],
): Promise<string[]> {
  const answers: string[] = []
  let next = 0
  const lane = async () => {
    for (let i = next++; i < bodies.length; i = next++) answers[i] = await post(port, ...bodies[i]!)
  }
  await Promise.all(Array.from({ length: CONCURRENT }, lane))
  return answers
}

/** Child processes. */
const workersOf = (parent: ChildProcess) =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent.pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number)

function templatesToLearn(count: number): (readonly [string, string])[] {
  const writers = join(ROOT, 'corpus/writers')
  const rows = readdirSync(writers)
    .filter((name) => name.endsWith('.tsv'))
    .flatMap((name) => readFileSync(join(writers, name), 'utf8').split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t') as [string, string])
  const step = Math.max(1, Math.floor(rows.length / count))
  return rows
    .filter((_, i) => i % step === 0)
    .slice(0, count)
    .map(([label, text]) => [BAD.has(label) ? '/learnspam' : '/learnham', mailOf('teacher', 'x', text)])
}

const traffic = await trafficOf('dense', Number(options.messages))
const mails = linesOfTraffic(traffic).map((line) => {
  const { from, to, text } = JSON.parse(line) as { from: string; to: string; text: string }
  return ['/checkv2', mailOf(from, to, text)] as const
})
const redis = await startOwnRedis()
const folder = mkdtempSync(join(tmpdir(), 'sigwatch-rspamd-'))
chmodSync(folder, 0o755)
const ports = [await freePort(), await freePort()] as const
writeFileSync(join(folder, 'rspamd.conf'), configOf(folder, new URL(redis.url).host, ports))
const daemon = spawn('rspamd', ['-i', '-f', '-u', 'root', '-g', 'root', '-c', join(folder, 'rspamd.conf')], {
  stdio: 'ignore',
  env: { ...process.env, TMPDIR: folder },
})
daemon.on('error', () => {
  console.error('rspamd is not installed (Debian: apt install rspamd)')
  process.exit(2)
})
try {
  for (let tries = 0; ; tries++) {
    if (await post(ports[1], '/ping', '').catch(() => '')) break
    if (tries > 300 || daemon.exitCode !== null) throw new Error('rspamd does not start')
    await sleep(500)
  }
  const learnt = await postAll(ports[1], templatesToLearn(Number(options.learn)))
  console.log(`rspamd learnt ${learnt.filter((said) => said.includes('true')).length} templates`)

  const warm = Math.floor(WARM * mails.length)
  await postAll(ports[0], mails.slice(0, warm))
  const used = () => [
    workersOf(daemon).reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    cpuSeconds(redis.process.pid!),
  ]
  const before = used()
  const answers = await postAll(ports[0], mails.slice(warm))
  const after = used()
  const classified = answers.filter((said) => said.includes('BAYES_')).length
  const micros = after.map((seconds, i) => (1e6 * (seconds - before[i]!)) / answers.length)
  console.log(
    `${answers.length} messages (dense), ${classified} with an opinion of the classifier; load ${load()}`,
  )
  console.log(`rspamd: ${micros[0]!.toFixed(0)} µs of CPU a message, its Redis ${micros[1]!.toFixed(0)}`)
  console.log('sigwatch with Redis, for the ratio:')
} finally {
  agent.destroy()
  daemon.kill()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}
execFileSync(
  process.execPath,
  [
    ...['--import', 'tsx', join(import.meta.dirname, 'redis.ts')],
    ...['--only', 'dense', '--messages', '60000'],
  ],
  { stdio: 'inherit', cwd: ROOT },
)
