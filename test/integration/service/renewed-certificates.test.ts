import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BlockingPlay, type PlayedState, post } from '../../helpers/blocking-play.ts'
import { makeAuthority } from '../../helpers/certificates.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startTlsRedis } from '../../helpers/redis-server.ts'
import { type Service, startCommand, startService } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

describeWith(['kafka', 'redis'], 'certificates that are renewed on disk', () => {
  const kafka = useKafka()
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-renewed-'))
  const [ca, cert, key] = ['ca.pem', 'client.cert', 'client.key'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  let redis: RedisServer & { readonly plainUrl: string }
  let service: Service
  let address = ''
  const authorities = ['first', 'second', 'third'].map((name) => {
    mkdirSync(join(folder, name))
    const authority = makeAuthority(join(folder, name))
    return { ca: authority.ca, server: authority.issue('server'), client: authority.issue('client') }
  })
  /** What the server has, and whom it trusts. */
  const serverFiles = (i: number) => ({ ca: authorities[i]!.ca, ...authorities[i]!.server, clients: true })
  const renew = (i: number, files: readonly ('ca' | 'cert' | 'key')[] = ['ca', 'cert', 'key']) => {
    const { ca: from, client } = authorities[i]!
    if (files.includes('ca')) copyFileSync(from, ca)
    if (files.includes('cert')) copyFileSync(client.cert, cert)
    if (files.includes('key')) copyFileSync(client.key, key)
  }
  const restartRedis = async (files: Omit<ReturnType<typeof serverFiles>, 'clients'>) => {
    const [tls, plain] = [redis.url, redis.plainUrl].map((url) => Number(new URL(url).port)) as [
      number,
      number,
    ]
    await redis.stop()
    redis = await startTlsRedis({ ...files, clients: true }, { tls, plain })
  }
  const ask = async () => {
    const message = { id: `m${Math.random()}`, from: '1069t', to: '13800005678', text: '您好' }
    await post(address, message)
    await sleep(100)
  }
  const isApart = async () => (await service.metric('sigwatch_blocker_throttles_apart')) === 1
  const log = (event: string) => service.log.filter((line) => line.event === event)

  beforeAll(async () => {
    redis = await startTlsRedis(serverFiles(0))
    renew(0)
    const play = new BlockingPlay(plainClient(kafka.brokers))
    await play.create()
    const throttle: PlayedState = {
      ...{ state: 't', episode: Date.now() - 60_000, revision: 1, action: 'throttle' },
      ...{ match: { ports: ['1069t'] }, limit: { perMinute: 1_000_000 } },
    }
    await play.state('raised', throttle)
    const env = {
      REDIS_URL: redis.url,
      SIGWATCH_REDIS_TLS_CA: ca,
      SIGWATCH_REDIS_TLS_CERT: cert,
      SIGWATCH_REDIS_TLS_KEY_FILE: key,
    }
    service = await startCommand(['blocker'], play.environment(kafka.brokers, env))
    await service.ready()
    address = /decisions are made at (\S+)/.exec(service.stderr)![1]!
  }, 120_000)
  afterAll(async () => {
    await service?.kill()
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('are used for the next connection to Redis, without a restart', async () => {
    await until(
      async () => {
        await ask()
        return !(await isApart())
      },
      10_000,
      () => service.stderr.slice(-3_000),
    )
    renew(1)
    await restartRedis(serverFiles(1))
    await until(
      async () => {
        await ask()
        return log('certificates_loaded').length > 0 && !(await isApart())
      },
      20_000,
      () => service.stderr.slice(-3_000),
    )
    expect(log('certificates_loaded')[0]).toMatchObject({ level: 'info', service: 'redis' })
    const plain = new Redis(redis.plainUrl)
    try {
      // It counts there again.
      await until(async () => ((await plain.keys('*')) as string[]).length > 0, 5_000)
    } finally {
      plain.disconnect()
    }
  }, 60_000)

  it('are refused while they do not fit together, with a warning, and those before stay', async () => {
    renew(2, ['cert'])
    await restartRedis(serverFiles(1))
    await until(async () => {
      await ask()
      return log('certificates_refused').length > 0 && !(await isApart())
    }, 20_000)
    expect(log('certificates_refused')[0]).toMatchObject({ level: 'warn', service: 'redis' })
    writeFileSync(key, '')
    await restartRedis(serverFiles(1))
    await until(async () => {
      await ask()
      return !(await isApart())
    }, 20_000)
    // Both are there, and the server has its new ones.
    renew(2)
    await restartRedis(serverFiles(2))
    await until(
      async () => {
        await ask()
        return log('certificates_loaded').length > 1 && !(await isApart())
      },
      20_000,
      () => service.stderr.slice(-3_000),
    )
    expect(await service.stop()).toBe(0)
  }, 120_000)
  it('of a new authority follow the steps of the runbook, with the service running', async () => {
    const [old, next] = [authorities[0]!, authorities[1]!]
    const both = join(folder, 'both.pem')
    writeFileSync(both, `${readFileSync(old.ca)}${readFileSync(next.ca)}`)
    renew(0)
    await restartRedis({ ...old.server, ca: old.ca })
    const at = await createServiceTopics(plainClient(kafka.brokers), kafka.brokers)
    const running = await startService({
      ...{ ...at.env, REDIS_URL: redis.url, SIGWATCH_REDIS_TLS_CA: ca },
      ...{ SIGWATCH_REDIS_TLS_CERT: cert, SIGWATCH_REDIS_TLS_KEY: key },
    })
    const works = async (step: string) => {
      const plain = new Redis(redis.plainUrl)
      const isBack = async () =>
        String(await plain.call('CLIENT', 'LIST')).includes('name=sigwatch') &&
        (await running.get('/readyz')).status === 200
      const told = () => `after ${step}: ${running.stderr.slice(-2_000)}`
      await until(isBack, 20_000, told).finally(() => plain.disconnect())
    }
    try {
      await running.ready(120_000)
      copyFileSync(both, ca)
      await restartRedis({ ...old.server, ca: both })
      await works('the new authority next to the old one')
      await restartRedis({ ...next.server, ca: both })
      await works('the certificate of the server')
      renew(1, ['cert', 'key'])
      await restartRedis({ ...next.server, ca: both })
      await works('the certificate of sigwatch')
      renew(1, ['ca'])
      await restartRedis({ ...next.server, ca: next.ca })
      await works('the end of the old authority')
      expect(running.log.filter(({ event }) => event === 'certificates_refused')).toEqual([])
      expect(running.log.filter(({ event }) => event === 'certificates_loaded')).toHaveLength(3)
      expect(await running.stop()).toBe(0)
    } finally {
      await running.kill()
    }
  }, 180_000)
})
