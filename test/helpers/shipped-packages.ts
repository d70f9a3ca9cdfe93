import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Packages allowed in bundle and image, by the names in their package.json. Review a new package before listing it here. */
export const SHIPPED_PACKAGES: readonly string[] =
  `@ioredis/commands @opentelemetry/api @pinojs/redact @tensorflow/tfjs-backend-cpu @tensorflow/tfjs-backend-wasm
  @tensorflow/tfjs-core @types/emscripten @types/long @types/offscreencanvas @types/seedrandom @webgpu/types ajv apparatus
  atomic-sleep bintrees cluster-key-slot commander csv-parse debug denque fast-deep-equal fast-uri fzstd ioredis
  jose json-schema-traverse jsonc-parser kafkajs long lz4js ms natural node-fetch oauth4webapi on-exit-leak-free openid-client pg pg-connection-string
  pg-copy-streams pg-int8 pg-pool pg-protocol pg-types pgpass picocolors pino pino-abstract-transport pino-std-serializers
  postgres-array postgres-bytea postgres-date postgres-interval process-warning prom-client protobufjs
  quick-format-unescaped real-require redis-errors redis-parser require-from-string safe-stable-stringify seedrandom
  sonic-boom split2 standard-as-callback sylvester tdigest thread-stream tldts tldts-core tr46 underscore
  webidl-conversions whatwg-url xtend yaml`.split(/\s+/)

/** Names of the packages below a `node_modules`, sorted and unique, from their package.json: aliases cannot hide them. */
export function packagesIn(modules: string): string[] {
  return [...new Set(namesIn(modules))].sort()
}

function namesIn(modules: string): string[] {
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    const path = join(modules, entry.name)
    if (!entry.isDirectory() || entry.name.startsWith('.')) return []
    if (entry.name.startsWith('@') && !modules.endsWith(entry.name)) return namesIn(path)
    const { name } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { name: string }
    const nested = readdirSync(path).includes('node_modules') ? namesIn(join(path, 'node_modules')) : []
    return [name, ...nested]
  })
}
