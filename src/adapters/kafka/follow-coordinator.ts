import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, Cluster } from 'kafkajs'
import { failureKind } from './errors.ts'

/** Keeps the generation of one assignment, and commits for it alone. */
interface OffsetManager {
  coordinator: Broker
  commitOffsets(offsets?: object): Promise<void>
}

/** The client's place in its group; it looks for the coordinator before it joins, and never between two joins. */
interface ConsumerGroup {
  readonly groupId: string
  readonly cluster: Cluster
  coordinator: Broker
  offsetManager: OffsetManager
  heartbeat(options: { readonly interval: number }): Promise<void>
  commitOffsets(offsets?: object): Promise<void>
  leave(): Promise<void>
}

/** How long one heartbeat or commit waits for the coordinator to be found, ms; the look goes on for later ones. */
const LOOK_WITHIN = 2_000

const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as {
  readonly prototype: ConsumerGroup
}

/** Looks for the coordinator that are under way: heartbeats and commits of a group share one. */
const looks = new WeakMap<ConsumerGroup, Promise<void>>()
/** Members that have left, whose connections are being closed. */
const over = new WeakSet<ConsumerGroup>()

function findAgain(group: ConsumerGroup): Promise<void> {
  const known = looks.get(group)
  if (known) return known
  const look = (async () => {
    const coordinator = await group.cluster.findGroupCoordinator({ groupId: group.groupId })
    if (over.has(group)) {
      // The look may have opened connections that were closed before, and would keep the process alive.
      await group.cluster.disconnect()
      return
    }
    group.coordinator = coordinator
    if (group.offsetManager) group.offsetManager.coordinator = coordinator
  })().finally(() => looks.delete(group))
  looks.set(group, look)
  return look
}

/** Asks once more when the group may be coordinated elsewhere by now; rejects as the last attempt did. */
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
 * Lets members of a group follow its coordinator to another broker. The client stays with the broker that coordinated the
 * group when it joined: once the group is led elsewhere, as after the restart of a broker, heartbeats and commits fail until
 * the next join, and what was acknowledged by then is read again. The generation is kept with the group, so that the
 * other broker takes both. A second attempt is made for the same assignment, never in the name of a later one. May be
 * called again.
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
