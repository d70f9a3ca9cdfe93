// The arrows between the layers (ARCHITECTURE.md). `npm run lint` fails on an import that points the wrong way.

/** Packages that only one folder may know: everything else talks to it through a port or a function of ours. */
const CLIENTS = [
  ['kafkajs', '^src/kafka/'],
  ['ioredis', '^src/redis/'],
  ['@tensorflow', '^src/model/'],
  ['prom-client', '^src/telemetry/'],
  ['pino', '^src/telemetry/'],
  ['natural', '^src/language/'],
]

/** What a pure layer never touches: files, sockets, processes, timers of the outside. */
const IO =
  '^(node:)?(fs|net|tls|http|https|http2|dns|dgram|child_process|cluster|worker_threads|os|readline|inspector)(/|$)'

const ADAPTERS = '^src/(kafka|redis|sources|sinks|telemetry|app|cli|main)'
/** Files that implement a port on Redis, beside their in-memory twins. */
const REDIS_HALVES = '^src/(features|states|ledgers)/(redis[^/]*|encode.ts)$'
/** Readers of YAML, JSON and JSONL with line numbers, which name what is wrong and where. */
const OPERATOR_FILES = '^src/operator/'

const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
})

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'types may refer to each other',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
      comment: 'the installed service has no devDependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'the domain imports itself and node:crypto',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: ['^src/domain/', '^(node:)?crypto$'] },
    },
    only('stages-see-domain', 'a stage sees the domain and its neighbours', '^src/stages/', [
      '^src/domain/',
      '^src/stages/',
    ]),
    only('detectors-see-domain', 'a detector sees the domain and its neighbours', '^src/detectors/', [
      '^src/domain/',
      '^src/detectors/',
    ]),
    only('pipeline-sees-stages', 'the pipeline talks to the outside through ports only', '^src/pipeline/', [
      '^src/domain/',
      '^src/stages/',
      '^src/detectors/',
      '^src/pipeline/',
    ]),
    only('language-sees-domain', 'words and distances know nothing of the service', '^src/language/', [
      '^src/domain/',
      '^src/language/',
    ]),
    {
      name: 'no-io-in-pure-layers',
      comment: 'stages, detectors and the pipeline are given what they need',
      severity: 'error',
      from: { path: '^src/(domain|stages|detectors|pipeline|language)/' },
      to: { path: IO },
    },
    {
      name: 'deciders-know-no-adapter',
      comment:
        'who decides does not know who delivers; files of an operator are read by the readers of src/app',
      severity: 'error',
      from: { path: '^src/(policy|registry|states|features|ledgers|model)/', pathNot: REDIS_HALVES },
      to: { path: ADAPTERS, pathNot: OPERATOR_FILES },
    },
    {
      name: 'redis-halves-know-redis-only',
      severity: 'error',
      from: { path: REDIS_HALVES },
      to: { path: ADAPTERS, pathNot: '^src/redis/' },
    },
    {
      name: 'adapters-are-chosen-by-compose',
      comment: 'one place a mode says what the service is made of',
      severity: 'error',
      from: { path: '^src/(app|pipeline|policy|registry|model)/', pathNot: '^src/app/compose[^/]*$' },
      to: {
        path: ['^src/(kafka|redis|sources|sinks)/', '^src/(features|states|ledgers)/(memory|redis)[^/]*$'],
      },
    },
    {
      name: 'adapters-know-no-app',
      comment: 'only src/app and src/cli pick adapters',
      severity: 'error',
      from: { path: '^src/(kafka|redis|sources|sinks|telemetry)/' },
      to: { path: '^src/(app|cli|main|pipeline)' },
    },
    {
      name: 'telemetry-by-events',
      comment: 'everybody else emits events of src/domain/events.ts',
      severity: 'error',
      from: { pathNot: '^src/(telemetry|app|cli)/' },
      to: { path: '^src/telemetry/' },
    },
    {
      name: 'app-knows-no-command',
      severity: 'error',
      from: { path: '^src/app/' },
      to: { path: '^src/(cli|main)' },
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
      from: { path: '^src/language/' },
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
