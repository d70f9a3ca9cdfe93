import type { Cluster, Kafka } from 'kafkajs'

export interface OpenedCluster {
  readonly cluster: Cluster
  close(): Promise<void>
}

/** Only a consumer shows its view of the cluster, to who assigns partitions; this one joins no group. */
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
  // Loads what the brokers are; without it the first question for a group's coordinator fails.
  await cluster!.refreshMetadata()
  return { cluster: cluster!, close: () => consumer.disconnect() }
}
