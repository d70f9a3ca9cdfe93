import { createHash } from 'node:crypto'
import type { Script } from '../../src/adapters/redis/script.ts'

/** A Lua script for RedisLink. */
export function inlineScript(name: string, source: string): Script {
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}

/** Adds its argument to its key and returns the sum. */
export const ADD = inlineScript('add', "return redis.call('INCRBY', KEYS[1], ARGV[1])")
