import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import type { Emit } from '../../domain/events.ts'
import { SIDE_INPUTS } from '../../domain/input-events.ts'
import type { Config } from '../../settings/config.ts'
import type { SideTopic } from './topics.ts'

export interface NamedSideTopics {
  readonly present: readonly SideTopic[]
  /** All of them are reported in one warning. */
  readonly missing: readonly SideTopic[]
}

/** The configured side topics, split by whether they exist. */
export async function namedSideTopics(
  { kafka: { topics } }: Config,
  kafka: KafkaConnection,
  emit: Emit,
): Promise<NamedSideTopics> {
  const named = SIDE_INPUTS.flatMap((input): SideTopic[] => {
    const topic = topics[input]
    return topic === null ? [] : [[input, topic]]
  })
  const absent = new Set(await kafka.missingTopics(named.map(([, topic]) => topic)))
  const missing = named.filter(([, topic]) => absent.has(topic))
  if (missing.length > 0) {
    const names = missing.map(([, topic]) => topic).join(', ')
    emit({ name: 'warning', message: `side topics that do not exist are off until they are made: ${names}` })
  }
  return { present: named.filter(([, topic]) => !absent.has(topic)), missing }
}
