import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

const PROGRAM = '/usr/sbin/pgbouncer'

export function pgbouncerAvailable(): boolean {
  return existsSync(PROGRAM) && spawnSync(PROGRAM, ['--version']).status === 0
}

export interface PgBouncer {
  readonly url: string
  stop(): Promise<void>
}

/** Starts PgBouncer in front of a database, in transaction mode with `connections` server connections. */
export async function startPgBouncer(database: string, connections: number): Promise<PgBouncer> {
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-pgbouncer-'))
  chmodSync(dir, 0o755)
  const port = await freePort()
  const { hostname, port: behind, pathname, username } = new URL(database)
  const name = pathname.slice(1)
  const file = join(dir, 'pgbouncer.ini')
  const users = join(dir, 'users.txt')
  writeFileSync(users, `"${username}" ""\n`)
  writeFileSync(
    file,
    [
      '[databases]',
      `${name} = host=${hostname} port=${behind} dbname=${name} user=${username}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = trust',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      `default_pool_size = ${connections}`,
      '',
    ].join('\n'),
  )
  // It refuses to run as root.
  const args = process.getuid?.() === 0 ? ['-u', 'nobody', file] : [file]
  const child = spawn(PROGRAM, args, { stdio: 'ignore' })
  const deadline = Date.now() + 20_000
  while (!(await answers(port))) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('PgBouncer does not start')
    await sleep(50)
  }
  const url = new URL(database)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href,
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGINT')
        await Promise.race([once(child, 'close'), sleep(5_000)])
        child.kill('SIGKILL')
      }
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
