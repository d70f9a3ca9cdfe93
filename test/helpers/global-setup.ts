import type { TestProject } from 'vitest/node'
import { type KafkaBroker, kafkaAvailable, startKafka } from './kafka-broker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Brokers shared by all test files, each with its own topics and groups; undefined if there are none. */
    kafkaBrokers: readonly string[] | undefined
  }
}

interface Shared {
  broker: Promise<KafkaBroker & { stop(): Promise<void> }>
  users: number
}
/** Each project of a run loads its own copy of this module, so shared state is on `globalThis`. */
const scope = globalThis as typeof globalThis & { sigwatchKafka?: Shared }

/** Starts one broker for all projects of a run that ask for it. */
export default async function setup(project: TestProject) {
  if (!kafkaAvailable()) {
    project.provide('kafkaBrokers', undefined)
    return
  }
  scope.sigwatchKafka ??= { broker: startKafka(), users: 0 }
  const shared = scope.sigwatchKafka
  shared.users++
  const { brokers, stop } = await shared.broker
  project.provide('kafkaBrokers', brokers)
  return async () => {
    if (--shared.users > 0) return
    delete scope.sigwatchKafka
    await stop()
  }
}
