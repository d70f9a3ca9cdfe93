import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useFolder } from '../helpers/jsonl.ts'
import { MAIN, sigwatch } from '../helpers/service.ts'

/** What takes long to load, by the address of its modules: packages, and parts that build tables. */
const HEAVY = {
  tensorflow: /\/node_modules\/@tensorflow\//,
  kafkajs: /\/node_modules\/kafkajs\//,
  ioredis: /\/node_modules\/ioredis\//,
  pg: /\/node_modules\/pg/,
  pino: /\/node_modules\/pino\//,
  'prom-client': /\/node_modules\/prom-client\//,
  protobufjs: /\/node_modules\/protobufjs\//,
  tldts: /\/node_modules\/tldts/,
  natural: /\/node_modules\/natural\//,
  ajv: /\/node_modules\/ajv\//,
  yaml: /\/node_modules\/yaml\//,
  'jsonc-parser': /\/node_modules\/jsonc-parser\//,
  'csv-parse': /\/node_modules\/csv-parse\//,
  detectors: /\/dist\/detection\/detectors\//,
  registry: /\/dist\/detection\/registry\//,
  model: /\/dist\/text\/reader\//,
  'tables of texts': /\/dist\/text\/(?:plain-tables|fold-trie)\.js$/,
}

interface Coverage {
  readonly result: readonly { readonly url: string }[]
}

describe('what is loaded', () => {
  const folder = useFolder()

  /** What heavy a command loads: Node lists each module that it has run where coverage is measured. */
  async function heavyOf(args: readonly string[], cwd: string): Promise<string[]> {
    const covered = join(cwd, 'loaded')
    const { stderr } = await sigwatch(args, { cwd, env: { NODE_V8_COVERAGE: covered } })
    const urls = readdirSync(covered).flatMap((name) =>
      (JSON.parse(readFileSync(join(covered, name), 'utf8')) as Coverage).result.map(({ url }) => url),
    )
    expect(urls, stderr).toContainEqual(expect.stringMatching(/\/dist\/main\.js$/))
    return Object.entries(HEAVY).flatMap(([name, at]) => (urls.some((url) => at.test(url)) ? [name] : []))
  }

  const [NOTHING, CHECKED, KAFKA]: string[][] = [[], ['ajv'], ['kafkajs']]
  it('a command that judges a file loads no client, no YAML and no schema', async () => {
    const args = ['run', '--source', '-', '--alerts', '-']
    expect(await heavyOf(args, folder.path)).toEqual([
      ...['tensorflow', 'pino', 'prom-client', 'tldts', 'natural'],
      ...['detectors', 'registry', 'model', 'tables of texts'],
    ])
  })

  it('nothing imports TensorFlow, which takes a quarter of a second longer than to require it', () => {
    const dist = dirname(MAIN)
    const importing = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        name.endsWith('.js') && /^import .*'@tensorflow/m.test(readFileSync(join(dist, name), 'utf8')),
    )
    expect(importing).toEqual([])
  })

  // Neither model nor registry is needed for these.
  it.each([
    ['--version', NOTHING],
    ['--help', NOTHING],
    ['release --help', NOTHING],
    ['block --help', NOTHING],
    ['unblock --help', NOTHING],
    ['exempt --help', NOTHING],
    ['feedback --help', NOTHING],
    ['topics --help', NOTHING],
    ['templates --help', NOTHING],
    ['feedback --list --file f.jsonl', NOTHING],
    ['templates list', KAFKA],
    ['topics', KAFKA],
    ['release port:10690200001 --by ann --file f.jsonl', CHECKED],
    ['block domain:a.top --by ann --why x --until 2h --file f.jsonl', CHECKED],
    ['unblock domain:a.top --by ann --file f.jsonl', CHECKED],
    ['exempt signature:京东 --by ann --file f.jsonl', CHECKED],
  ])('sigwatch %s loads no more than it needs', async (line, needed) => {
    const cwd = join(folder.path, line.replaceAll(/\W/g, '_'))
    mkdirSync(cwd)
    expect(await heavyOf(line.split(' '), cwd)).toEqual(needed)
  })
})
