import { spawn } from 'node:child_process'
import { cpus, getPriority, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../helpers/recording-handler.ts'
import type { Service } from '../helpers/service.ts'
import type { Battle, Cell } from './arena.ts'
import { BYTE_CELLS } from './byte-cells.ts'
import { CLOCK_CELLS } from './clock-cells.ts'

/** Suspends an instance in turns, so that it processes about this many records a second. */
async function slowDown(
  { committed }: Battle,
  instance: Service,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<void> {
  let slice = 100
  for (const until = Date.now() + 1_000 * seconds; Date.now() < until; ) {
    const [before, at] = [committed(), Date.now()]
    for (let n = 0; n < 5; n++) {
      instance.freeze()
      await sleep(1_500)
      instance.thaw()
      await sleep(slice)
    }
    const rate = (committed() - before) / ((Date.now() - at) / 1_000)
    slice = Math.min(1_500, Math.max(10, slice * (rate > perSecond ? 0.7 : 1.4)))
  }
}

/** Repeats a step until this share of the records is committed. */
async function whileWorking({ done }: Battle, share: number, step: () => Promise<void>): Promise<void> {
  for (const until = Date.now() + 120_000; done() < share && Date.now() < until; ) await step()
}

async function rollingRestart({ cluster }: Battle): Promise<void> {
  for (const node of cluster.nodes) {
    await node.stop()
    await node.start()
  }
}

async function killAllInTurn({ cluster }: Battle): Promise<void> {
  for (const node of cluster.nodes) {
    await node.kill()
    await sleep(3_000)
    await node.start()
  }
}

/** Slows the brokers down meanwhile: a fast machine would finish all records before the fault. */
async function unhurried({ cluster }: Battle, work: () => Promise<void>): Promise<void> {
  for (const { proxy } of cluster.nodes) proxy.set({ kind: 'slow', bytesPerSecond: 80_000 })
  await work()
  for (const { proxy } of cluster.nodes) proxy.set({ kind: 'none' })
}

/** Runs a busy process for each processor; this process, which has the proxies, gets priority over them if allowed. */
async function onBusyMachine(work: () => Promise<void>): Promise<void> {
  const hogs = cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
  const before = getPriority()
  try {
    setPriority(Math.min(before, -10))
  } catch {
    // Then the probe says how late they were.
  }
  try {
    await work()
  } finally {
    for (const hog of hogs) hog.kill()
    setPriority(before)
  }
}

const pick = <T>(random: () => number, items: readonly T[]): T => items[Math.floor(random() * items.length)]!

export const CELLS: readonly Cell[] = [
  {
    name: 'calm',
    what: 'none, for comparison',
    async fault() {},
  },
  {
    name: 'leaders-moved',
    what: 'half of the leaders move every two seconds',
    async fault(battle) {
      const { cluster, topic, random } = battle
      await whileWorking(battle, 0.9, async () => {
        const partitions = Array.from({ length: 12 }, (_, p) => p).filter(() => random() < 0.5)
        if (partitions.length > 0) await cluster.moveLeaders(topic, partitions)
        await sleep(2_000)
      })
    },
  },
  {
    name: 'rolling-restart',
    what: 'the brokers are restarted one by one',
    mostRepeated: 0.03,
    async fault(battle) {
      await battle.reach(0.05)
      await rollingRestart(battle)
    },
  },
  {
    name: 'brokers-killed',
    what: 'the brokers are killed and restarted one by one',
    tells: /^kafka(?: sink)?: /,
    async fault(battle) {
      await battle.reach(0.05)
      await killAllInTurn(battle)
    },
  },
  {
    name: 'brokers-killed-redis-late',
    what: 'the same, while Redis answers up to 1.2 s late',
    tells: /^(?:kafka(?: sink)?|redis): /,
    async fault(battle) {
      await battle.reach(0.05)
      let isOver = false
      const hiccups = (async () => {
        while (!isOver) {
          battle.redis.set({ kind: 'hang' })
          await sleep(300 + 900 * battle.random())
          battle.redis.set({ kind: 'none' })
          await sleep(200 + 1_300 * battle.random())
        }
      })()
      await killAllInTurn(battle)
      isOver = true
      await hiccups
    },
  },
  {
    name: 'coordinator-frozen',
    what: 'the group coordinator is suspended (SIGSTOP) for 5, 15 and 40 s',
    tells: /^kafka(?: sink)?: /,
    async fault(battle) {
      await battle.reach(0.05)
      for (const seconds of [5, 15, 40]) {
        const node = await battle.cluster.coordinator(battle.groupId)
        node.freeze()
        await sleep(seconds * 1_000)
        node.thaw()
        await sleep(3_000)
      }
    },
  },
  {
    name: 'coordinator-unreachable',
    what: 'answers of the coordinator are lost for 20 s while connections stay open',
    async fault(battle) {
      await battle.reach(0.05)
      const { proxy } = await battle.cluster.coordinator(battle.groupId)
      proxy.set({ kind: 'one-way', lost: 'answers' })
      await sleep(20_000)
      proxy.set({ kind: 'none' })
    },
  },
  {
    name: 'partitions-added',
    what: 'partitions are added twice during the backlog, and leaders move',
    async fault(battle) {
      const { cluster, topic } = battle
      for (const [share, count] of [
        [0.1, 14],
        [0.4, 18],
      ] as const) {
        await battle.reach(share)
        await cluster.addPartitions(topic, count)
        await cluster.moveLeaders(topic, [0, 1, 2, 3])
      }
    },
  },
  {
    name: 'instances-killed',
    what: 'an instance is killed and replaced every four seconds',
    async fault(battle) {
      await battle.reach(0.05)
      for (let n = 0; n < 5 && battle.done() < 0.9; n++) {
        await battle.kill(pick(battle.random, battle.instances))
        await battle.startInstance()
        await sleep(4_000)
      }
    },
  },
  {
    name: 'instances-come-and-go',
    what: 'a third instance joins and, three seconds later, leaves or is killed, in turn',
    async fault(battle) {
      await battle.reach(0.02)
      for (let n = 0; n < 6 && battle.done() < 0.9; n++) {
        const third = await battle.startInstance()
        await until(() => third.exited || third.log.some(({ event }) => event === 'partitions_assigned'))
        await sleep(3_000)
        await (n % 2 === 0 ? battle.leave(third) : battle.kill(third))
      }
    },
  },
  {
    name: 'instance-frozen',
    what: 'an instance is suspended (SIGSTOP) for 5, 15 and 40 s',
    async fault(battle) {
      await battle.reach(0.05)
      for (const seconds of [5, 15, 40]) {
        const instance = pick(battle.random, battle.instances)
        instance.freeze()
        await sleep(seconds * 1_000)
        instance.thaw()
        await sleep(3_000)
      }
    },
  },
  {
    name: 'live-rolling-restart',
    what: 'the brokers are restarted one by one at 200 records a second',
    live: { perSecond: 200, minutes: 2.5 },
    async fault(battle) {
      await battle.reach(0.05)
      await rollingRestart(battle)
    },
  },
  {
    name: 'overload',
    what: 'the only instance is slowed down (SIGSTOP) for two minutes to a tenth of the 220 records a second that arrive',
    live: { perSecond: 220, minutes: 2.25 },
    instances: 1,
    denies: /not answered/,
    async fault(battle) {
      await battle.reach(0.02)
      await slowDown(battle, battle.instances[0]!, { perSecond: 22, seconds: 120 })
    },
  },
  {
    name: 'leaderless',
    what: 'a partition has no leader until all others are processed, and an instance joins meanwhile',
    lastPartitionOn: 3,
    tells: /no leader/,
    async fault(battle) {
      await battle.reach(0.05)
      const node = battle.cluster.nodes.find(({ id }) => id === 3)!
      await node.kill()
      await battle.startInstance()
      await battle.reachOthers(11)
      await node.start()
    },
  },
  {
    name: 'redis-latency',
    what: '20 ms of latency to Redis each way, and a pause of 400 ms every five seconds',
    async fault(battle) {
      await whileWorking(battle, 0.9, async () => {
        battle.redis.set({ kind: 'latency', ms: 20 })
        await sleep(4_600)
        battle.redis.set({ kind: 'hang' })
        await sleep(400)
      })
      battle.redis.set({ kind: 'none' })
    },
  },
  {
    name: 'redis-far-and-busy',
    what: '15 ms of latency to Redis each way and a busy process for each processor, at 100 records a second',
    live: { perSecond: 100, minutes: 2 },
    async fault(battle) {
      await battle.reach(0.02)
      battle.redis.set({ kind: 'latency', ms: 15 })
      await onBusyMachine(() => battle.reach(0.98))
      battle.redis.set({ kind: 'none' })
    },
  },
  {
    name: 'redis-cut',
    what: 'Redis is unreachable for 15 s, twice',
    tells: /^redis: /,
    async fault(battle) {
      for (const share of [0.1, 0.5]) {
        await battle.reach(share)
        battle.redis.set({ kind: 'cut' })
        await sleep(15_000)
        battle.redis.set({ kind: 'none' })
      }
    },
  },
  {
    name: 'redis-emptied',
    what: 'Redis loses everything (FLUSHALL), twice',
    tells: /counts were lost/,
    async fault(battle) {
      await unhurried(battle, async () => {
        for (const share of [0.3, 0.6]) {
          await battle.reach(share)
          await battle.emptyRedis()
        }
      })
      // The loss is reported for this long.
      await sleep(60_000)
    },
  },
  {
    name: 'redis-older',
    what: 'Redis is replaced by a replica that had stopped replicating',
    tells: /counts were lost/,
    async fault(battle) {
      await unhurried(battle, async () => {
        await battle.counted()
        // A copy takes seconds, in which a quick machine would be done with all records.
        for (const instance of battle.instances) instance.freeze()
        await battle.copyRedis()
        for (const instance of battle.instances) instance.thaw()
        await battle.notCopied()
        battle.replaceRedis()
      })
      // The loss is reported for this long.
      await sleep(60_000)
    },
  },
  {
    name: 'lines-slow-and-cut',
    what: 'connections to one broker at a time are slow, hang or are cut, at random',
    async fault(battle) {
      const { cluster, random } = battle
      await whileWorking(battle, 0.9, async () => {
        const { proxy } = pick(random, cluster.nodes)
        proxy.set(
          pick(random, [
            { kind: 'cut' },
            { kind: 'hang' },
            { kind: 'latency', ms: 200 },
            { kind: 'slow', bytesPerSecond: 200_000 },
            { kind: 'one-way', lost: 'requests' },
          ] as const),
        )
        await sleep(1_000 + random() * 3_000)
        proxy.set({ kind: 'none' })
        await sleep(500 + random() * 1_500)
      })
    },
  },
  ...CLOCK_CELLS,
  ...BYTE_CELLS,
]

/** The cells of the tests: few records, about a minute each. */
export const SHORT_CELLS: readonly Cell[] = CELLS.filter(({ name }) =>
  ['leaders-moved', 'rolling-restart', 'brokers-killed', 'instances-killed', 'redis-cut'].includes(name),
)
