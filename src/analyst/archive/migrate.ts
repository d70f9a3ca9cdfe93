import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryResult } from 'pg'
import { SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { given } from '../../domain/given.ts'
import { HOUR } from '../../domain/time.ts'
import { signatureKey } from '../../text/signature.ts'
import { type Client, inTransaction, liftLimits } from './database.ts'
import { MIGRATION_LOCK } from './migration-attendant.ts'
import { isLockTimeout } from './partitions.ts'
import { ensureRefusedRows } from './refused.ts'

const FOLDER = new URL('./migrations/', import.meta.url)
/** Time limit for a step, ms: creating an index on all partitions can take hours. */
const STEP_WITHIN = 6 * HOUR
/** Lock timeout of a step and pause before the next attempt, ms. */
const LOCK_WITHIN = 1_000
const LOCK_PAUSE = 500

interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** The migrations in order; files are named `<version>-<name>.sql`. */
export function migrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((name) => ({
      version: Number.parseInt(name, 10),
      name,
      sql: readFileSync(new URL(name, FOLDER), 'utf8'),
    }))
}

export interface MigrateOptions {
  readonly emit?: Emit
  /** Ends waits and the work between two statements. */
  readonly signal?: AbortSignal
}

/**
 * Migrates the schema to this version, each step in its own transaction. Resolves with the names of the applied steps. Rejects
 * with ARCHIVE_REFUSED if a later version has migrated the database, and with ARCHIVE_UNREACHABLE when `signal` is aborted.
 */
export async function migrate(client: Client, { emit, signal }: MigrateOptions = {}): Promise<string[]> {
  const began = performance.now()
  await liftLimits(client)
  await requireVersion(client)
  // Days make plans look so costly that PostgreSQL compiles them, which takes longer than they run.
  await client.query('SET jit = off')
  const hasWaited = await lock(client, signal)
  try {
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (version integer PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
    )
    const state = await schemaState(client)
    refuseLater(state)
    const { missing } = state
    if (missing[0]) emit?.({ name: 'archive_migrating', steps: missing.length, next: missing[0].name })
    for (const step of missing) while (!(await applyStep(client, step, signal))) await pause(signal)
    await ensureRefusedRows(client)
    await keySignatures(client)
    if (missing.length > 0 || hasWaited)
      emit?.({ name: 'archive_migrated', steps: missing.length, seconds: (performance.now() - began) / 1000 })
    return missing.map(({ name }) => name)
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK])
  }
}

/**
 * Asks repeatedly, because indexes that are created concurrently wait for the end of every running statement. Resolves with
 * whether another process held the lock.
 */
async function lock(client: Client, signal?: AbortSignal): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [
      MIGRATION_LOCK,
    ])
    if (rows[0]!.mine) return attempt > 0
    await pause(signal)
  }
}

async function pause(signal?: AbortSignal): Promise<void> {
  await sleep(LOCK_PAUSE, undefined, given({ signal })).catch(() => undefined)
  requireRunning(signal)
}

function requireRunning(signal?: AbortSignal): void {
  if (signal?.aborted)
    throw new SigwatchError('ARCHIVE_UNREACHABLE', 'stopped before the tables were migrated')
}

/** First line of a migration whose statements run outside a transaction. An earlier attempt may have run some of them. */
const CONCURRENTLY = '-- concurrently\n'
/** First line of a migration that is one statement, run in a transaction each time until it changes or returns no row. */
const IN_STEPS = '-- in steps\n'

/** Applies a step of more than one transaction. Returns false for others. */
async function applyApart(run: (text: string) => Promise<QueryResult>, sql: string): Promise<boolean> {
  if (sql.startsWith(CONCURRENTLY)) for (const one of sql.split(';\n')) await run(one)
  else if (sql.startsWith(IN_STEPS)) while ((await run(sql)).rowCount !== 0);
  else return false
  return true
}

/** Applies a step. Returns false if readers hold a lock: waiting longer would block the readers that queue behind us. */
async function applyStep(
  client: Client,
  { version, name, sql }: Migration,
  signal?: AbortSignal,
): Promise<boolean> {
  const run = (text: string) => {
    requireRunning(signal)
    const step = { text, query_timeout: STEP_WITHIN }
    return client.query(step)
  }
  const isApplied = await applyApart(run, sql)
  const noted = async () => {
    if (!isApplied) await run(sql)
    await client.query('INSERT INTO schema_migration (version, name) VALUES ($1, $2)', [version, name])
  }
  try {
    await inTransaction(client, noted, `BEGIN; SET LOCAL lock_timeout = ${LOCK_WITHIN}`)
    return true
  } catch (error) {
    if (isLockTimeout(error)) return false
    throw error
  }
}

/** The first PostgreSQL version that can detach a partition without blocking readers. */
const FIRST_SERVER = 14

/** Resolves with the version of the server. Rejects with ARCHIVE_REFUSED if it is too old. */
export async function requireVersion(client: Client): Promise<string> {
  const { rows } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  )
  const { version } = rows[0]!
  if (Number.parseInt(version, 10) < FIRST_SERVER)
    throw new SigwatchError(
      'ARCHIVE_REFUSED',
      `PostgreSQL is ${version}: the archive needs ${FIRST_SERVER} or later`,
    )
  return version
}

/** Fills in the signature key of rows written before the column existed. */
async function keySignatures(client: Client): Promise<void> {
  const { rows } = await client.query<{ key: string }>(
    "SELECT DISTINCT key FROM registry_row WHERE kind = 'signature' AND signature_key IS NULL",
  )
  if (rows.length === 0) return
  const names = rows.map(({ key }) => key)
  await client.query(
    `UPDATE registry_row r SET signature_key = said.form FROM unnest($1::text[], $2::text[]) AS said (name, form)
      WHERE kind = 'signature' AND key = said.name`,
    [names, names.map(signatureKey)],
  )
}

export interface SchemaState {
  readonly tables: 'missing' | 'older' | 'current' | 'later'
  /** The last version that has migrated the database; 0 if none has. */
  readonly version: number
  /** The last version that this program knows. */
  readonly known: number
  /** Steps that have not been applied. */
  readonly missing: readonly Migration[]
}

/** The schema of the database compared with that of this version. Rejects with the errors of PostgreSQL. */
export async function schemaState(client: Pick<Client, 'query'>): Promise<SchemaState> {
  const { rows: exists } = await client.query("SELECT to_regclass('schema_migration') AS name")
  const { rows } = exists[0]?.name ? await client.query('SELECT version FROM schema_migration') : { rows: [] }
  const done = new Set((rows as { version: number }[]).map(({ version }) => version))
  const all = migrations()
  const missing = all.filter(({ version }) => !done.has(version))
  const [version, known] = [Math.max(0, ...done), all.at(-1)!.version]
  if (version > known) return { tables: 'later', version, known, missing }
  const tables = done.size === 0 ? 'missing' : missing.length === 0 ? 'current' : 'older'
  return { tables, version, known, missing }
}

/** Rejects with ARCHIVE_REFUSED unless the schema is that of this version. For readers. */
export async function requireSchema(client: Pick<Client, 'query'>): Promise<void> {
  const state = await schemaState(client)
  refuseLater(state)
  if (state.tables !== 'current')
    throw new SigwatchError('ARCHIVE_REFUSED', 'the database has not all tables: run `sigwatch archive` once')
}

function refuseLater({ tables, version, known }: SchemaState): void {
  if (tables === 'later') {
    const message = `the database has version ${version} of the tables, this program knows ${known}: install the version that made them, or a later one`
    throw new SigwatchError('ARCHIVE_REFUSED', message)
  }
}
