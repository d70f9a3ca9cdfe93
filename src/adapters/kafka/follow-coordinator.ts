import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, Cluster } from 'kafkajs'
import { failureKind } from './errors.ts'

/** Holds the generation of one assignment, and commits for that assignment only. */
interface OffsetManager {
  coordinator: Broker
  commitOffsets(offsets?: object): Promise<void>
}

/** The client's membership in its group. It looks up the coordinator before it joins, and never between two joins. */
interface ConsumerGroup {
  readonly groupId: string
  readonly cluster: Cluster
  coordinator: Broker
  offsetManager: OffsetManager
  heartbeat(options: { readonly interval: number }): Promise<void>
  commitOffsets(offsets?: object): Promise<void>
  leave(): Promise<void>
}

/** Time that a heartbeat or commit waits for the coordinator lookup, ms; the lookup continues for later ones. */
const LOOK_WITHIN = 2_000

const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as {
  readonly prototype: ConsumerGroup
}

/** Coordinator lookups in progress: heartbeats and commits of a group share one. */
const looks = new WeakMap<ConsumerGroup, Promise<void>>()
/** Members that have left and whose connections are being closed. */
const over = new WeakSet<ConsumerGroup>()

function findAgain(group: ConsumerGroup): Promise<void> {
  const known = looks.get(group)
  if (known) return known
  const look = (async () => {
    const coordinator = await group.cluster.findGroupCoordinator({ groupId: group.groupId })
    if (over.has(group)) {
      // The lookup may have reopened connections, which would keep the process alive.
      await group.cluster.disconnect()
      return
    }
    group.coordinator = coordinator
    if (group.offsetManager) group.offsetManager.coordinator = coordinator
  })().finally(() => looks.delete(group))
  looks.set(group, look)
  return look
}

/** Retries once if the group may have moved to another coordinator; rejects with the error of the last attempt. */
async function asked(group: ConsumerGroup, question: () => Promise<void>): Promise<void> {
  try {
    await question()
  } catch (error) {
    if (failureKind(error) !== 'transient' || over.has(group)) throw error
    const look = findAgain(group).then(
      () => !over.has(group),
      () => false,
    )
    const isFound = await Promise.race([look, sleep(LOOK_WITHIN, false, { ref: false })])
    if (!isFound) throw error
    await question()
  }
}

let follows = false

/**
 * Lets group members follow their coordinator to another broker. The client keeps using the broker that coordinated the
 * group at the last join. Once the group has moved, as after a broker restart, heartbeats and commits fail until the
 * next join, and records acknowledged by then are read again. The generation is stored with the group, so the new
 * coordinator accepts both. The retry is made for the same assignment only, never on behalf of a later one. Idempotent.
 */
export function followCoordinator(): void {
  if (follows) return
  follows = true
  const { heartbeat, leave } = prototype
  prototype.leave = function (this: ConsumerGroup) {
    over.add(this)
    return leave.call(this)
  }
  prototype.heartbeat = function (this: ConsumerGroup, options) {
    return asked(this, () => heartbeat.call(this, options))
  }
  prototype.commitOffsets = function (this: ConsumerGroup, offsets) {
    const manager = this.offsetManager
    return asked(this, () => manager.commitOffsets(offsets))
  }
}
