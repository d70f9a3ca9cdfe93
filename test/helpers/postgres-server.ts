import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.ts'

export interface PostgresServer {
  /** URL of an empty database. */
  readonly url: string
  /** CPU time of its processes so far, s. */
  cpuSeconds(): number
  /** Creates another empty database; resolves with its URL. */
  createDatabase(name: string): Promise<string>
  /** Runs a program of PostgreSQL (pg_dump, pg_restore, psql) as the server's user. */
  program(name: string, args: readonly string[]): void
  /** Kills the server, as in a crash; `start` restarts it with its data. */
  kill(): void
  start(): void
  /** Stops it and removes its data. */
  stop(): void
}

/** Users of Debian other than root, which `initdb` refuses. */
const USERS = ['postgres', 'nobody']
const INSTALLED = '/usr/lib/postgresql'

/** Folder with the programs of the newest installed PostgreSQL. */
function programs(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined
  const versions = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a))
  return versions
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')))
}

/** Unprivileged user for the server if the current user is root; else undefined. */
function serverUser(): { name: string; uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of USERS) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }))
    if (uid!.status === 0) return { name, uid: Number(uid!.stdout), gid: Number(gid!.stdout) }
  }
  throw new Error('no unprivileged user to run PostgreSQL as')
}

export function postgresAvailable(): boolean {
  return programs() !== undefined
}

/** Stops the servers that a test file left running. */
const running = new Set<() => void>()
process.on('exit', () => {
  for (const stop of running) stop()
})

/** Starts a server on a free port. Durable as in production, because tests kill it. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = programs()!
  const user = serverUser()
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-postgres-'))
  if (user) chownSync(dir, user.uid, user.gid)
  chmodSync(dir, 0o700)
  const data = join(dir, 'data')
  const port = await freePort()
  const program = (name: string, args: readonly string[]) => {
    const command = join(bin, name)
    const [file, all] = user ? ['runuser', ['-u', user.name, '--', command, ...args]] : [command, [...args]]
    execFileSync(file!, all as string[], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  program('initdb', [
    '-D',
    data,
    '-U',
    'sigwatch',
    '-A',
    'trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ])
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${dir}`
  const start = () =>
    program('pg_ctl', ['-D', data, '-w', '-s', '-l', join(dir, 'log'), '-o', settings, 'start'])
  start()
  const urlOf = (name: string) => `postgres://sigwatch@127.0.0.1:${port}/${name}`
  const createDatabase = async (name: string) => {
    const client = new pg.Client({ connectionString: urlOf('postgres') })
    await client.connect()
    await client.query(`CREATE DATABASE ${name}`)
    await client.end()
    return urlOf(name)
  }
  const stop = () => {
    if (!running.delete(stop)) return
    program('pg_ctl', ['-D', data, '-m', 'immediate', '-s', 'stop'])
    rmSync(dir, { recursive: true, force: true })
  }
  running.add(stop)
  return {
    url: await createDatabase('sigwatch'),
    cpuSeconds() {
      const pid = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]!
      const times = execFileSync('ps', ['-o', 'cputimes=', '--ppid', pid, '-p', pid], { encoding: 'utf8' })
      return times.split('\n').reduce((sum, time) => sum + Number(time), 0)
    },
    createDatabase,
    program,
    kill: () => program('pg_ctl', ['-D', data, '-m', 'immediate', '-s', 'stop']),
    start,
    stop,
  }
}
