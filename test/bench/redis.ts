// Cost of a message in Redis: simulated traffic from a file through the whole core, with rates, states and ledger in a dedicated
// Redis server, consents and replies on; output is discarded. Measures the CPU time of the server (INFO cpu) and of this process
// after the first quarter of the messages, and the number of calls of each command.
//
//   npm run bench -- redis [--only dense,fraud] [--messages 120000] [--rounds 1] [--main dist/main.js,OTHER] [--commands]
//
// Several builds in `--main` take turns.
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import type { Sink } from '../../src/domain/ports.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { MAIN } from '../helpers/service.ts'
import { KINDS, type Kind, type Traffic, trafficOf } from './embedded-traffic.ts'
import { load } from './processes.ts'

/** Share of the messages before measuring starts. */
const WARM = 0.25
const NOW = Date.parse('2026-11-11T00:00:00+08:00')

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'dense,fraud' },
    messages: { type: 'string', default: '120000' },
    rounds: { type: 'string', default: '1' },
    main: { type: 'string', default: MAIN },
    commands: { type: 'boolean', default: false },
    'plain-topics': { type: 'boolean', default: false },
  },
})
const asked = options.only.split(',')
const unknown = asked.find((kind) => !(kind in KINDS))
if (unknown !== undefined) {
  console.error(`--only: ${unknown} is none of ${Object.keys(KINDS).join(', ')}`)
  process.exit(2)
}

/** Loads the modules of a build. */
async function buildOf(main: string) {
  const at = (name: string) => import(join(dirname(resolve(main)), `${name}.js`))
  const [assets, compose, config, core, token] = await Promise.all([
    at('detection/versions/assets') as Promise<typeof import('../../src/detection/versions/assets.ts')>,
    at('domain/ports') as Promise<typeof import('../../src/domain/ports.ts')>,
    at('settings/config') as Promise<typeof import('../../src/settings/config.ts')>,
    at('pipeline/core') as Promise<typeof import('../../src/pipeline/core.ts')>,
    at('domain/token') as Promise<typeof import('../../src/domain/token.ts')>,
  ])
  const [stores, watch, lines] = await Promise.all([
    at('service/compose-stores') as Promise<typeof import('../../src/service/compose-stores.ts')>,
    at('service/compose-clock') as Promise<typeof import('../../src/service/compose-clock.ts')>,
    at('adapters/sources/lines') as Promise<typeof import('../../src/adapters/sources/lines.ts')>,
  ])
  return { ...assets, ...compose, ...config, ...core, ...token, ...stores, ...watch, ...lines }
}

interface Usage {
  /** CPU time of the server and of this process, s. */
  readonly server: number
  readonly own: number
  readonly commands: ReadonlyMap<string, { readonly calls: number; readonly usec: number }>
}

async function usageOf(client: Redis): Promise<Usage> {
  const cpu = await client.info('cpu')
  const seconds = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(cpu)![1])
  const { user, system } = process.cpuUsage()
  const found = (await client.info('commandstats')).matchAll(/cmdstat_([^:]+):calls=(\d+),usec=(\d+)/g)
  return {
    server: seconds('used_cpu_user') + seconds('used_cpu_sys'),
    own: (user + system) / 1e6,
    commands: new Map(
      [...found].map(([, name, calls, usec]) => [name!, { calls: Number(calls), usec: Number(usec) }]),
    ),
  }
}

async function measure(main: string, traffic: Traffic): Promise<void> {
  const build = await buildOf(main)
  const server = await startOwnRedis()
  const client = new Redis(server.url)
  const folder = dirname(traffic.messages)
  const overrides = { registry: traffic.registry }
  const env = {
    REDIS_URL: server.url,
    SIGWATCH_PRIVACY_TOKEN_KEY: `1:${'k'.repeat(32)}`,
    SIGWATCH_REDIS_BUDGET: '10s',
  }
  const { config } = build.loadConfig({ env, folder, overrides, serving: false })
  const assets = await build.openAssets(config, () => {})
  const emit = () => {}
  const stores = await build.openStores(config, 'bench', () => {}, emit, build.trustedClockOf(config))
  const clock = build.clockAt(NOW)
  let done = 0
  let from: Usage | undefined
  const sink: Sink = {
    has: (channel) => channel === 'alerts' || channel === 'verdicts' || channel === 'deadLetters',
    async write(records) {
      for (const { channel } of records) if (channel === 'verdicts') done++
      if (done >= WARM * traffic.count) from ??= await usageOf(client)
      if (from !== undefined) start = start < 0 ? done : start
    },
    unready: () => [],
    close: async () => {},
  }
  let start = -1
  const core = build.createCore({
    config,
    mode: 'embedded',
    source: build.createLinesSource({
      path: traffic.messages,
      clock,
      maxLineBytes: config.limits.maxRecordBytes,
    }),
    sink,
    ...stores,
    replies: () => !options['plain-topics'],
    loaded: () => build.loadedVersions(assets),
    describe: assets.describe,
    tokenise: build.createTokeniser({ keyId: '1', key: 'k'.repeat(32) }),
    clock,
    emit,
  })
  await core.run()
  const to = await usageOf(client)
  const messages = done - start
  const micros = (of: 'server' | 'own') => ((1e6 * (to[of] - from![of])) / messages).toFixed(2).padStart(7)
  console.log(`${micros('server')} ${micros('own')} ${load().toFixed(1).padStart(6)}  ${main}`)
  if (options.commands) {
    const used = [...to.commands].map(([name, { calls, usec }]) => {
      const before = from!.commands.get(name) ?? { calls: 0, usec: 0 }
      return { name, calls: (calls - before.calls) / messages, usec: (usec - before.usec) / messages }
    })
    for (const { name, calls, usec } of used.sort((a, b) => b.usec - a.usec))
      if (calls > 0.0005)
        console.log(
          `  ${name.padEnd(12)} ${calls.toFixed(3).padStart(8)} a message ${usec.toFixed(2).padStart(7)} µs`,
        )
  }
  assets.classifier.close()
  await stores.close()
  client.disconnect()
  await server.stop()
}

for (const kind of asked as Kind[]) {
  const traffic = await trafficOf(kind, Number(options.messages))
  console.log(`${kind}: ${traffic.count} messages; µs of CPU a message\n  Redis     own   load`)
  for (let round = 0; round < Number(options.rounds); round++)
    for (const main of options.main.split(',')) await measure(main, traffic)
}
process.exit(0)
