import type { Cluster, Kafka } from 'kafkajs'

export interface OpenedCluster {
  readonly cluster: Cluster
  close(): Promise<void>
}

/** Only a consumer exposes its cluster object, to its partition assigner. This consumer joins no group. */
export async function openCluster(kafka: Kafka): Promise<OpenedCluster> {
  let cluster: Cluster | undefined
  const consumer = kafka.consumer({
    groupId: 'none',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        }
      },
    ],
  })
  await consumer.connect()
  // Loads the list of brokers; without it the first lookup of a group coordinator fails.
  await cluster!.refreshMetadata()
  return { cluster: cluster!, close: () => consumer.disconnect() }
}
