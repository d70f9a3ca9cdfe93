// The arrows between the layers (ARCHITECTURE.md). `npm run lint` fails on an import that points the wrong way.

/** Packages that only one folder may know: everything else talks to it through a port or a function of ours. */
const CLIENTS = [
  ['kafkajs', '^src/adapters/kafka/'],
  ['ioredis', '^src/adapters/redis/'],
  ['cluster-key-slot', '^src/adapters/redis/'],
  ['jsonc-parser', '^src/settings/files/'],
  ['@tensorflow', '^src/text/reader/'],
  ['prom-client', '^src/service/telemetry/'],
  ['pino', '^src/service/telemetry/'],
  ['natural', '^src/(language|operator)/'],
  ['pg', '^src/analyst/archive/'],
  ['pg-copy-streams', '^src/analyst/archive/'],
  ['csv-parse', '^src/domain/'],
]

/** What a pure layer never touches: files, sockets, processes, timers of the outside. */
const IO =
  '^(node:)?(fs|net|tls|http|https|http2|dns|dgram|child_process|cluster|worker_threads|os|readline|inspector)(/|$)'

const ADAPTERS = '^src/(kafka|redis|sources|sinks|telemetry|app|cli|main)'
/** Files that implement a port on Redis, beside their in-memory twins. */
const REDIS_HALVES = '^src/(features|states|ledgers|stats)/(redis[^/]*|encode.ts)$'
/** Readers of YAML, JSON and JSONL with line numbers, which name what is wrong and where. */
const OPERATOR_FILES = '^src/settings/files/'

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
      comment: 'the domain imports itself, node:crypto, and the types of what is read from a text',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: ['^src/domain/', '^src/domain/reading.ts$', '^(node:)?crypto$'] },
    },
    only('text-sees-itself', 'the text layer reads a string and imports nothing of ours', '^src/domain/', [
      '^src/domain/',
    ]),
    only('input-sees-operator', 'the map is what an operator wrote', '^src/domain/', [
      '^src/(domain|operator|input)/',
    ]),
    only(
      'alerts-see-text',
      'what a record that leaves shows of a message or a state',
      '^src/detection/alerts/',
      ['^src/domain/', '^src/domain/', '^src/detection/alerts/'],
    ),
    only(
      'states-see-alerts',
      'a state is written together with its event; its code says what justifies it',
      '^src/stores/states/',
      ['^src/(domain|detectors|alerts|states|redis)/'],
    ),
    only(
      'stages-see-text',
      'a stage sees the domain, the text layer and its neighbours; counting knows what escalates to a state',
      '^src/detection/',
      ['^src/domain/', '^src/domain/', '^src/detection/', '^src/states/escalation'],
    ),
    only(
      'side-inputs-see-states',
      'rows act on ledgers, counts and states through their ports',
      '^src/pipeline/side-inputs/',
      [
        '^src/(domain|text|detectors|states|operator|registry|kafka|sources|pipeline/checkpoint|side-inputs)',
        '^src/detection/versions/(config|registry-holder)',
      ],
    ),
    only(
      'detectors-see-domain',
      'a detector sees the domain, the rules and its neighbours',
      '^src/detection/detectors/',
      ['^src/detection/', '^src/domain/', '^src/detection/detectors/'],
    ),
    only('pipeline-sees-steps', 'the pipeline talks to the outside through ports only', '^src/pipeline/', [
      '^src/(domain|detectors|stages|states|alerts|pipeline)/',
      '^src/stores/sender-statistics/(sender-counts|version-rows)',
    ]),
    only(
      'replay-sees-the-core',
      'a replay judges by the core, with stores of its own in memory, and reads through the adapters of topics and files',
      '^src/domain/',
      [
        '^src/(domain|alerts|detectors|operator|stages|pipeline|side-inputs|sources|sinks|replay)/',
        '^src/adapters/kafka/client.ts$',
        '^src/(features|states|ledgers)/memory.ts$',
        '^src/detection/versions/(assets|config|core|inputs|secret).ts$',
      ],
    ),
    only('language-sees-domain', 'words and distances know nothing of the service', '^src/text/distance/', [
      '^src/domain/',
      '^src/text/distance/',
    ]),
    only(
      'archive-sees-records',
      'the archive reads what others have written; who reads it is chosen by src/detection/versions',
      '^src/analyst/archive/',
      [
        '^src/(domain|archive)/',
        '^src/detectors/all',
        '^src/domain/(canonical-number|redact|signature)',
        '^src/alerts/show',
        '^src/stats/writer',
      ],
    ),
    only(
      'desk-sees-archive',
      'the desk shows what the archive has; feedback goes out by a function it is given',
      '^src/analyst/desk/',
      [
        '^src/(domain|archive/(reader|case|sent|registry-rows|overview)|desk|markup)',
        '^src/(detectors|replay/wilson|case-pack/terms)',
      ],
    ),
    only('report-sees-alerts', 'the report adds up what it is given, and draws it', '^src/analyst/report/', [
      '^src/(domain|archive/reader|replay/wilson|complaints/summary|markup|report)',
      '^src/(detectors|case-pack/terms)',
    ]),
    only(
      'learning-sees-records',
      'a judged case is an alert with what was said of it',
      '^src/analyst/learning/',
      ['^src/(domain|text|learning)/', '^src/detectors/all'],
    ),
    only(
      'complaints-see-the-archive',
      'an export is read, and what is archived is added up',
      '^src/analyst/complaints/',
      [
        '^src/(domain|operator|complaints)/',
        '^src/text/canonical-number',
        '^src/input/local-time',
        '^src/archive/complaints',
        '^src/case-pack/calendar',
        '^src/replay/csv',
      ],
    ),
    only('letter-sees-cases', 'a letter says of a case what its reader may see', '^src/analyst/letter/', [
      '^src/(domain|archive/case|detectors|case-pack/terms|markup|letter)',
    ]),
    only('markup-sees-itself', 'escaping knows nothing of what it escapes', '^src/analyst/words/', [
      '^src/analyst/words/',
    ]),
    {
      name: 'no-io-in-pure-layers',
      comment: 'stages, detectors and the pipeline are given what they need',
      severity: 'error',
      from: { path: '^src/(domain|text|stages|detectors|alerts|pipeline|language)/' },
      to: { path: IO },
    },
    {
      name: 'deciders-know-no-adapter',
      comment:
        'who decides does not know who delivers; files of an operator are read by the readers of src/detection/versions',
      severity: 'error',
      from: { path: '^src/(policy|registry|states|features|ledgers|stats|model)/', pathNot: REDIS_HALVES },
      to: { path: ADAPTERS, pathNot: OPERATOR_FILES },
    },
    {
      name: 'redis-halves-know-redis-only',
      severity: 'error',
      from: { path: REDIS_HALVES },
      to: { path: ADAPTERS, pathNot: '^src/adapters/redis/' },
    },
    {
      name: 'adapters-are-chosen-by-compose',
      comment: 'one place a mode says what the service is made of',
      severity: 'error',
      from: { path: '^src/(app|pipeline|policy|registry|model)/', pathNot: '^src/app/compose[^/]*$' },
      to: {
        path: [
          '^src/(kafka|redis|sources|sinks|archive)/',
          '^src/(features|states|ledgers|stats)/(memory|redis)[^/]*$',
        ],
      },
    },
    {
      name: 'adapters-know-no-app',
      comment: 'only src/detection/versions and src/cli pick adapters',
      severity: 'error',
      from: { path: '^src/(kafka|redis|sources|sinks|telemetry)/' },
      to: { path: '^src/(app|cli|main|pipeline)' },
    },
    {
      name: 'telemetry-by-events',
      comment: 'everybody else emits events of src/domain/events.ts',
      severity: 'error',
      from: { pathNot: '^src/(telemetry|app|cli)/' },
      to: { path: '^src/service/telemetry/' },
    },
    {
      name: 'app-knows-no-command',
      severity: 'error',
      from: { path: '^src/detection/versions/' },
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
      from: { path: '^src/text/distance/' },
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
