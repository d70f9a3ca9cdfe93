/**
 * A consumer that parses the JSON of every record and does nothing with it: the most that a program on kafkajs can
 * reach. `tsx bare.ts BROKERS TOPIC COUNT`: reads the topic from its start and prints how many records it has read, a
 * line each time.
 */
import kafkajs from 'kafkajs'

const [brokers, topic, count] = process.argv.slice(2) as [string, string, string]
const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `bare-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
let read = 0
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch }) => {
    for (const { value } of batch.messages) {
      const record: unknown = JSON.parse(value!.toString())
      if (typeof record !== 'object') throw new TypeError('no record')
    }
    read += batch.messages.length
    console.log(read)
    if (read >= Number(count)) void consumer.disconnect()
  },
})
