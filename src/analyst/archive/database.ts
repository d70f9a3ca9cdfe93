import pg from 'pg'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'

export type Client = pg.Client

/** Time limits for connecting and for one statement, ms. */
const CONNECT_WITHIN = 10_000
export const ANSWER_WITHIN = 120_000
/** How long an idle connection is kept, ms: a new one first reads the catalogue of all days, which takes longer than most pages. */
const IDLE_FOR = 600_000
/** Connections of a reader: each holds the catalogue of all days in memory, and more would take the processors from the intake. */
const CONNECTIONS = 4

/** SQLSTATE classes for a lost connection or a server that cannot serve at the moment: a retry may succeed. */
const TRANSIENT = new Set(['08', '40', '53', '55', '57', '58'])

/** SQLSTATE of a write to a standby: during a failover the address may lead to one. */
const READ_ONLY = '25006'
/** Other errors after which a retry may succeed; 25P03: the session was ended because it was idle in a transaction. */
const TRANSIENT_STATES = new Set([READ_ONLY, '25P03'])

/** SQLSTATE of a statement that was cancelled, by its timeout or by a user. */
export const CANCELED = '57014'

/**
 * Setting that limits the pauses in a transaction: PostgreSQL ends the session of a process that was stopped in it, or whose host
 * is gone, so that others do not wait for its locks.
 */
const WITHOUT_PAUSES = "idle_in_transaction_session_timeout = '1min'"
/** Interval between PostgreSQL's checks of the connection while a statement runs, ms. */
const CLIENT_CHECK = 5_000

// Counts and offsets are below 2^53, so they can be numbers instead of strings.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

interface StartupParameters {
  readonly [name: string]: string
}
/** The client's own function, which its types lack. Throws if the installed version of pg has none. */
function startupFunction(): () => StartupParameters {
  const { getStartupConf } = pg.Client.prototype as unknown as { getStartupConf?(): StartupParameters }
  if (getStartupConf === undefined)
    throw new Error('pg.Client has no getStartupConf: install the version of pg that package-lock.json names')
  return getStartupConf
}
const getStartupConf = startupFunction()

/**
 * A client whose values and literals have the form that it reads and writes, whatever the role or the database sets: the driver
 * reads times in ISO form alone. PgBouncer passes these two parameters on, in all versions.
 */
class PlainClient extends pg.Client {
  getStartupConf(): StartupParameters {
    const forms = { DateStyle: 'ISO', standard_conforming_strings: 'on' }
    return { ...getStartupConf.call(this), ...forms }
  }
}

/**
 * Runs the work in a transaction whose statements the server cancels after `within` ms and does not compile with
 * JIT, which takes seconds for plans over many days. The limit is set in the transaction because PgBouncer refuses
 * limits as startup parameters. Rejects as the work does. After an error that does not come from the server the
 * transaction is left open, because a ROLLBACK would wait for an unresponsive server again; the connection must then
 * be closed.
 */
export async function limited<T>(
  client: pg.ClientBase,
  within: number,
  access: 'READ ONLY' | 'READ WRITE',
  work: () => Promise<T>,
): Promise<T> {
  await client.query(
    `BEGIN ${access}; SET LOCAL statement_timeout = ${Math.round(within)}; SET LOCAL jit = off; SET LOCAL ${WITHOUT_PAUSES}`,
  )
  try {
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    if (isServerCode((error as { code?: string }).code)) await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Runs the work in a transaction, which `begin` opens. Rejects as the work does, with nothing written. */
export async function inTransaction<T>(
  client: Client,
  work: () => Promise<T>,
  begin = `BEGIN; SET LOCAL ${WITHOUT_PAUSES}`,
): Promise<T> {
  await client.query(begin)
  try {
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

/**
 * Opens a connection whose statements time out after `within` ms. Rejects with ARCHIVE_UNREACHABLE, or with ARCHIVE_REFUSED for
 * faults that the operator has to fix.
 */
export async function openClient(url: string, applicationName: string, within?: number): Promise<Client> {
  let client: Client | undefined
  try {
    // Reads the certificates that the URL names.
    client = new PlainClient({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_WITHIN,
      query_timeout: within === undefined ? ANSWER_WITHIN : within + CONNECT_WITHIN,
      keepAlive: true,
    })
    // Without a listener, an idle connection that breaks would end the process; the next query fails anyway.
    client.on('error', () => {})
    await client.connect()
    return client
  } catch (error) {
    await client?.end().catch(() => undefined)
    throw connectionError(error)
  }
}

/** Settings that end statements or sessions of a role or database after a time. */
const LIMITS = ['statement_timeout', 'idle_session_timeout', 'transaction_timeout']

/**
 * Lifts the limits that the role or the database sets for its sessions: no limit suits all migrations, and a batch that is
 * cancelled is repeated without end. Pauses in transactions stay limited (WITHOUT_PAUSES), and a statement whose process is gone
 * is ended. Only on a direct connection, since PgBouncer would hand the session to others.
 */
export async function liftLimits(client: Client): Promise<void> {
  await client.query(
    "SELECT set_config(name, '0', false) FROM unnest($1::text[]) AS name WHERE current_setting(name, true) <> '0'",
    [LIMITS],
  )
  await client.query(`SET ${WITHOUT_PAUSES}`)
  // Not every system that PostgreSQL runs on can check that.
  await client.query(`SET client_connection_check_interval = ${CLIENT_CHECK}`).catch(() => undefined)
}

/** Opens a connection whose statements and sessions have no time limits, whatever the role sets. Rejects as openClient does. */
export async function openUnlimited(url: string, applicationName: string): Promise<Client> {
  const client = await openClient(url, applicationName)
  try {
    await liftLimits(client)
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    throw databaseError(error)
  }
}

/** Runs `work` on one connection and closes it; see openClient. Rejects as the work does. */
export async function withClient<T>(
  url: string,
  applicationName: string,
  work: (client: Client) => Promise<T>,
  within?: number,
): Promise<T> {
  const client = await openClient(url, applicationName, within)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** A pool of at most `most` connections for readers, opened on demand; statements time out after `within` ms. */
export function openPool(url: string, applicationName: string, within: number, most = CONNECTIONS): pg.Pool {
  const pool = new pg.Pool({
    Client: PlainClient,
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_WITHIN,
    // The client gives up later than the server, in case the server is gone and cannot cancel anything.
    query_timeout: within + CONNECT_WITHIN,
    keepAlive: true,
    idleTimeoutMillis: IDLE_FOR,
    max: most,
  })
  // Errors of connections, idle or in use, are reported here too; the running statement fails anyway.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Takes a connection of the pool. Rejects as openClient does. */
export async function takeClient(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw connectionError(error)
  }
}

/**
 * Converts an error of PostgreSQL. Its detail can quote a row and is dropped. `within`: the statement timeout we set, ms;
 * without one, a cancelled query was cancelled by the server or a user.
 */
export function databaseError(error: unknown, within?: number): SigwatchError {
  if (error instanceof SigwatchError) return error
  const { code } = error as { code?: string }
  if (code === CANCELED && within !== undefined)
    return new SigwatchError(
      'ARCHIVE_TOO_SLOW',
      'PostgreSQL cancelled a query that exceeded archive.queryTimeout: ask for a shorter period',
      { cause: error },
    )
  const isRefused = isServerCode(code) && !TRANSIENT_STATES.has(code) && !TRANSIENT.has(code.slice(0, 2))
  return failure(isRefused ? 'ARCHIVE_REFUSED' : 'ARCHIVE_UNREACHABLE', error)
}

function failure(code: 'ARCHIVE_REFUSED' | 'ARCHIVE_UNREACHABLE', error: unknown): SigwatchError {
  const { code: state, message } = error as { code?: string; message?: string }
  const said = `${isServerCode(state) ? `${state}: ` : ''}${(message ?? String(error)).split('\n')[0]}`
  return new SigwatchError(code, `PostgreSQL: ${said}`, {
    cause: error,
    ...given({ remedy: isServerCode(state) ? remedyOf(state) : undefined }),
  })
}

/** SQLSTATE class of internal errors. A server whose disk is full refuses connections with one (cannot write its cache file). */
const INTERNAL = 'XX'

/** Converts an error of opening a connection, as databaseError does. No statement of ours can cause an internal error there. */
function connectionError(error: unknown): SigwatchError {
  const { code } = error as { code?: string }
  return code?.startsWith(INTERNAL) ? failure('ARCHIVE_UNREACHABLE', error) : databaseError(error)
}

/** What to do about an error, by the beginning of its SQLSTATE. */
const REMEDIES: readonly (readonly [state: string, remedy: string])[] = [
  ['28', 'Correct user and password of archive.url, or allow the user in pg_hba.conf.'],
  ['3D', 'Create the database (createdb), or correct its name in archive.url.'],
  [
    '42501',
    'Grant the right that the message names to the user of archive.url; docs/archive.md lists the rights.',
  ],
  [
    '42',
    'The tables are not those of this version: run `sigwatch archive` once; if they are in another schema, set search_path of the user.',
  ],
  ['53100', 'Free disk space on the server.'],
  ['XX', 'Read the log of the server, and check that its disk is not full.'],
  ['53300', 'Raise max_connections of the server, or end sessions of other programs.'],
  [READ_ONLY, 'Make archive.url lead to the primary, and check default_transaction_read_only.'],
  ['3F', 'Create the schema that the message names, or set search_path of the user of archive.url.'],
]

function remedyOf(state: string): string | undefined {
  return REMEDIES.find(([begin]) => state.startsWith(begin))?.[1]
}

export function isServerCode(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')
}

/** Whether the database refuses a value or row, as opposed to the statement. */
export function isOfRows(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown }
  if (isServerCode(code)) return /^(22|23|54)/.test(code)
  return cause !== undefined && isOfRows(cause)
}

/** Whether a row has no partition. No table of the archive has another check constraint. */
export function isWithoutDay(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown }
  return code === '23514' || (cause !== undefined && isWithoutDay(cause))
}
