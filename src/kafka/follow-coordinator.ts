import { createRequire } from 'node:module'
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
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as {
  readonly prototype: ConsumerGroup
}

/** Looks for the coordinator that are under way: heartbeats and commits of a group share one. */
const looks = new WeakMap<ConsumerGroup, Promise<void>>()

function findAgain(group: ConsumerGroup): Promise<void> {
  const known = looks.get(group)
  if (known) return known
  const look = (async () => {
    const coordinator = await group.cluster.findGroupCoordinator({ groupId: group.groupId })
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
    if (failureKind(error) !== 'transient') throw error
    const found = await findAgain(group).then(
      () => true,
      () => false,
    )
    if (!found) throw error
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
  const { heartbeat } = prototype
  prototype.heartbeat = function (this: ConsumerGroup, options) {
    return asked(this, () => heartbeat.call(this, options))
  }
  prototype.commitOffsets = function (this: ConsumerGroup, offsets) {
    const manager = this.offsetManager
    return asked(this, () => manager.commitOffsets(offsets))
  }
}
