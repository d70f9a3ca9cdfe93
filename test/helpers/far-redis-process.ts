/**
 * A process of its own: a proxy that has a Redis be so far away, and a probe of the way through it. Arguments: socket port
 * of the proxy, that of Redis, ms each way. Writes a line when it listens; at the end of its input it writes what the
 * probe measured as JSON, and ends.
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
