import { startOwnKafka } from './kafka-broker.ts'
import { testConnection } from './kafka-client.ts'
const t0=Date.now(); const log=(...a:any[])=>console.log(((Date.now()-t0)/1000).toFixed(1), ...a)
const b = await startOwnKafka(); log('up')
for (let i=0;i<3;i++) {
await b.kill(); log('killed');
const { connection, events } = testConnection(b.brokers)
const w = connection.clusterId().then((id)=>log('answered', id))
await b.start(); log('started'); await w; await connection.close(); log(JSON.stringify(events))
}
await b.stop(); process.exit(0)
