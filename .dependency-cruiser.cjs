// The arrows between the folders of src (ARCHITECTURE.md): `npm run lint` fails on an import against them, and on a cycle.

/** From the top down: a folder imports those that stand to the right of it. */
const LAYERS = [
  ['main'],
  ['cli'],
  ['service'],
  ['analyst', 'offline'],
  ['pipeline'],
  ['stores'],
  ['detection'],
  ['text'],
  ['domain'],
]
/** Import the domain alone, and are imported by everything above the text. */
const SHARED = ['settings', 'adapters']

const inFolders = (names) => `^src/(${names.join('|')})(/|\\.ts$)`

/** What one layer may import: itself, what lies below it, and the shared folders above the text. */
function arrowsOf(layer, index) {
  const below = LAYERS.slice(index + 1).flat()
  const shared = below.includes('text') ? SHARED : []
  return layer.map((folder) => ({
    name: `${folder}-imports-downwards`,
    comment: `${folder} may import ${[...below, ...shared].join(', ') || 'nothing of ours'}`,
    severity: 'error',
    from: { path: inFolders([folder]) },
    to: { path: '^src/', pathNot: inFolders([folder, ...below, ...shared]) },
  }))
}

/** Packages that only some folders may know: everything else talks to them through a port or a function of ours. */
const CLIENTS = [
  ['kafkajs', '^src/adapters/kafka/'],
  ['ioredis', '^src/adapters/redis/'],
  ['cluster-key-slot', '^src/adapters/redis/'],
  ['jsonc-parser', '^src/settings/files/'],
  ['csv-parse', '^src/(settings/files|analyst/complaints)/'],
  ['@tensorflow', '^src/(text/reader|offline/training)/'],
  ['prom-client', '^src/service/telemetry/'],
  ['pino', '^src/service/telemetry/'],
  ['natural', '^src/(text/distance|settings/files|offline/training)/'],
  ['openid-client', '^src/adapters/oidc/'],
  ['pg', '^src/analyst/archive/'],
  ['pg-copy-streams', '^src/analyst/archive/'],
]

/** What a pure folder never touches: files, sockets, processes, timers of the outside. */
const IO =
  '^(node:)?(fs|net|tls|http|https|http2|dns|dgram|child_process|cluster|worker_threads|os|readline|inspector)(/|$)'

/** The halves of the stores on Redis. */
const REDIS_HALVES = '^src/stores/[^/]+/(redis[^/]*|shard-epochs|encode).ts$'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'not of types either',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'an import that leads nowhere, or to a package that package.json does not name',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'the installed service has no devDependencies; what runs in a browser is bundled by the build',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/analyst/desk/browser/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    ...LAYERS.flatMap(arrowsOf),
    ...SHARED.map((folder) => ({
      name: `${folder}-imports-the-domain`,
      severity: 'error',
      from: { path: inFolders([folder]) },
      to: { path: '^src/', pathNot: inFolders([folder, 'domain']) },
    })),
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: ['^src/domain/', '^(node:)?crypto$'] },
    },
    {
      name: 'no-io-in-pure-folders',
      comment: 'what judges is given what it needs',
      severity: 'error',
      from: {
        path: '^src/(domain|text|detection)/',
        pathNot: '^src/(text/reader|detection/(versions|policy|registry))/',
      },
      to: { path: IO },
    },
    {
      name: 'stores-reach-redis-by-their-halves',
      comment: 'a store in memory knows no client',
      severity: 'error',
      from: { path: '^src/stores/', pathNot: REDIS_HALVES },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'redis-halves-know-redis-only',
      severity: 'error',
      from: { path: REDIS_HALVES },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/redis/' },
    },
    {
      name: 'adapters-are-chosen-by-the-service',
      comment: 'one place says what the flow is made of',
      severity: 'error',
      from: { path: '^src/pipeline/', pathNot: '^src/pipeline/side-inputs/' },
      to: { path: '^src/(adapters/(kafka|redis|sources|sinks)/|stores/[^/]+/(memory|redis)[^/]*$)' },
    },
    {
      name: 'telemetry-by-events',
      comment: 'everything else emits events of src/domain/events.ts',
      severity: 'error',
      from: { pathNot: '^src/(service|cli)/' },
      to: { path: '^src/service/telemetry/' },
    },
    ...CLIENTS.map(([name, home]) => ({
      name: `only-home-of-${name.replace('@', '')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: home },
      to: { path: `(^|/)node_modules/${name}(/|$)` },
    })),
    {
      name: 'natural-by-modules',
      comment: 'the index of natural pulls in database clients and reads .env',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/natural/lib/natural/index\\.js$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.d.ts', '.js', '.json'],
    },
  },
}
