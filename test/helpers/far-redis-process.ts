/**
 * A separate process with a proxy that adds latency to a Redis, and a probe that measures it. Arguments: port of the proxy,
 * port of Redis, ms each way. Writes a line when it listens; when its input ends, it writes the measurements of the probe as
 * JSON and ends.
 */
import { FaultProxy } from './fault-proxy.ts'
import { RedisProbe } from './redis-probe.ts'

const [port, target, ms] = process.argv.slice(2).map(Number)
const proxy = await FaultProxy.start(port!, target!)
proxy.set({ kind: 'latency', ms: ms! })
const probe = new RedisProbe(port!)

process.stdin.on('end', () => {
  process.stdout.write(JSON.stringify(probe.stop()), () => process.exit(0))
})
process.stdin.resume()
process.stdout.write('listening\n')
