import type { TestProject } from 'vitest/node'
import { type KafkaBroker, kafkaAvailable, startKafka } from './kafka-broker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Brokers that every test file may use, with topics and groups of its own. Undefined: there are none. */
    kafkaBrokers: readonly string[] | undefined
  }
}

interface Shared {
  broker: Promise<KafkaBroker & { stop(): Promise<void> }>
  users: number
}
/** Each project of a run loads this file anew: what they share lives beside the modules. */
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
