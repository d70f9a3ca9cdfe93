import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisLink } from '../adapters/redis/link.ts'
import { counted } from '../domain/counted.ts'
import type { Config } from '../settings/config.ts'
import type { Findings } from './check-rows.ts'
import { redisOf } from './compose-clients.ts'

const CONNECT_WITHIN = 5_000
/** Tolerated clock difference between this host and a server, ms; leases and expiry are built for it. */
const CLOCKS_DIFFER = 5_000
const SUBSCRIBE_WITHIN = 3_000

/** Connects to Redis and tries each kind of call the service makes, on keys that expire within seconds. */
export async function checkRedis(config: Config, findings: Findings): Promise<void> {
  const { summary, problems } = findings
  const { url, nodes, sentinels } = config.redis
  if (!url && !nodes && !sentinels) {
    summary.push('redis: not checked: none is configured; instances do not share rates and states')
    return
  }
  const patient = { ...config, redis: { ...config.redis, budget: CONNECT_WITHIN } }
  // Without a breaker: one refused call must not affect the next.
  const link = await redisOf(patient, { breaker: { failures: Number.POSITIVE_INFINITY, coolDownMs: 0 } })
  try {
    if (!(await link.ready(CONNECT_WITHIN))) {
      problems.push({
        file: 'redis',
        message: link
          .unready()
          .join('; ')
          .replace(/^redis: /, ''),
      })
      return
    }
    await sayServers(link, findings)
    await sayClock('redis', () => timeOf(link), findings)
    await tryRights(link, config.deployment, findings)
  } finally {
    await link.close()
  }
}

async function sayServers(link: RedisLink, { summary, problems }: Findings): Promise<void> {
  let infos: readonly string[]
  try {
    infos = await link.info()
  } catch (error) {
    summary.push(`redis: memory policy and persistence: not checked: ${(error as Error).message}`)
    return
  }
  for (const [index, info] of infos.entries()) {
    const field = (name: string): string => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
    const where = infos.length === 1 ? 'redis' : `redis: master ${index + 1} of ${infos.length}`
    const [policy, limit] = [field('maxmemory_policy'), Number(field('maxmemory') || 0)]
    const replicas = Number(field('connected_slaves') || 0)
    const isAppending = field('aof_enabled') === '1'
    const memory = limit === 0 ? 'no limit of memory' : `${Math.round(limit / 1e6)} MB at most`
    summary.push(
      `${where}: version ${field('redis_version')}, ${memory}, ${policy}, append-only file ${isAppending ? 'on' : 'off'}, ${counted(replicas, 'replica')}`,
    )
    if (policy !== 'noeviction' && policy !== '') {
      const effect =
        limit > 0 ? 'drops counts and refusals when memory is full' : 'would do so with a limit of memory'
      problems.push({
        file: where,
        message: `maxmemory-policy is ${policy}, which ${effect}: set noeviction`,
      })
    }
    if (!isAppending)
      summary.push(
        `${where}: warning: ${await snapshots(link, infos.length)}; appendonly yes loses a second at most`,
      )
    if (replicas === 0) summary.push(`${where}: warning: no replica: nothing takes over when it is lost`)
  }
}

/** What survives a restart without an append-only file. */
async function snapshots(link: RedisLink, servers: number): Promise<string> {
  if (servers > 1) return 'without an append-only file at best the last snapshot is left after a restart'
  const reply = await link.command('CONFIG', 'GET', 'save').catch(() => undefined)
  const save = Array.isArray(reply) ? String(reply[1] ?? '') : undefined
  if (save === undefined) return 'snapshots not checked (CONFIG is refused), and no append-only file'
  return save === ''
    ? 'no persistence: after a restart counts begin again, and refusals by reply are gone'
    : `after a restart the last snapshot is left (save ${save})`
}

/** Compares the clock of a server with that of the host. `time` asks for it, epoch ms. */
export async function sayClock(
  server: string,
  time: () => Promise<number>,
  { summary, problems }: Findings,
): Promise<void> {
  const before = Date.now()
  let now: number
  try {
    now = await time()
  } catch (error) {
    summary.push(`${server}: clock: not checked: ${(error as Error).message}`)
    return
  }
  const after = Date.now()
  const apart = Math.round(now - (before + after) / 2)
  const words = `its clock is ${Math.abs(apart)} ms ${apart < 0 ? 'behind' : 'ahead of'} the clock here`
  summary.push(`${server}: ${words}, measured within ${after - before} ms`)
  if (Math.abs(apart) > CLOCKS_DIFFER)
    problems.push({ file: server, message: `${words}: set the clocks by NTP` })
}

async function timeOf(link: RedisLink): Promise<number> {
  const [seconds, micros] = ((await link.command('TIME')) as [string, string]).map(Number)
  return seconds! * 1000 + micros! / 1000
}

const SET_FOR_A_MOMENT = "return redis.call('SET', KEYS[1], ARGV[1], 'PX', 2000)"

async function tryRights(
  link: RedisLink,
  deployment: string,
  { summary, problems }: Findings,
): Promise<void> {
  const name = `sigwatch:${deployment}:check:${randomUUID()}`
  const trials: Readonly<Record<string, () => Promise<unknown>>> = {
    'keys sigwatch:*': () => link.command('SET', name, '1', 'PX', 2000),
    'keys {sigwatch:*': () => link.command('SET', `{${name}}`, '1', 'PX', 2000),
    'scripts (EVALSHA, SCRIPT LOAD)': async () => {
      const sha = String(await link.command('SCRIPT', 'LOAD', SET_FOR_A_MOMENT))
      // In a Cluster, another node than the one with the script may hold the key.
      if (link.cluster) await link.command('EVAL', SET_FOR_A_MOMENT, 1, name, '1')
      else await link.command('EVALSHA', sha, 1, name, '1')
    },
    'publish on sigwatch:*': () => link.publish(name, '1'),
    'subscribe to sigwatch:*': () => subscribed(link, name),
  }
  const done: string[] = []
  for (const [what, attempt] of Object.entries(trials)) {
    try {
      await attempt()
      done.push(what)
    } catch (error) {
      problems.push({
        file: 'redis',
        message: `${what}: ${(error as Error).message.replace(/^Redis: /, '')}`,
      })
    }
  }
  if (done.length > 0) summary.push(`redis: tried: ${done.join(', ')}`)
}

async function subscribed(link: RedisLink, channel: string): Promise<void> {
  const confirmed = new Promise<true>((resolve) =>
    link.subscribe(
      channel,
      () => {},
      () => resolve(true),
    ),
  )
  const late = sleep(SUBSCRIBE_WITHIN, undefined, { ref: false })
  if (!(await Promise.race([confirmed, late]))) throw new Error('is refused, or not answered')
}
