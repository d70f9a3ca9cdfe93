import pg from 'pg'
import { SigwatchError } from '../../domain/errors.ts'

export type Client = pg.Client

/** Time for a connection, and for one statement, ms. */
const CONNECT_WITHIN = 10_000
export const ANSWER_WITHIN = 120_000

/** Classes of SQLSTATE that say a connection is gone or the server cannot serve now: the same may succeed later. */
const TRANSIENT = new Set(['08', '40', '53', '55', '57', '58'])

/** SQLSTATE of a statement that ran into its timeout, or was ended by a person. */
const CANCELED = '57014'

// Counts and offsets are below 2^53: numbers, not texts.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/**
 * Does the work in a transaction in which the server ends a statement that takes longer than `within`, ms. The limit is the
 * transaction's own: PgBouncer gives each transaction to whatever connection is free, and refuses limits as parameters of
 * the start. Rejects as the work does; after an error that is not the server's the transaction is left open, since a server
 * that has not answered would be waited for once more: the connection must then be ended.
 */
export async function limited<T>(
  client: pg.ClientBase,
  within: number,
  access: 'READ ONLY' | 'READ WRITE',
  work: () => Promise<T>,
): Promise<T> {
  await client.query(`BEGIN ${access}; SET LOCAL statement_timeout = ${Math.round(within)}`)
  try {
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    if (isServerCode((error as { code?: string }).code)) await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/**
 * Opens one connection, which gives a statement up after `within`, ms. Rejects with ARCHIVE_UNREACHABLE, or with
 * ARCHIVE_REFUSED for what a person must change.
 */
export async function openClient(url: string, applicationName: string, within?: number): Promise<Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_WITHIN,
    query_timeout: within === undefined ? ANSWER_WITHIN : within + CONNECT_WITHIN,
    keepAlive: true,
  })
  // A connection that breaks while nothing is asked says so here; the next query fails.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    throw databaseError(error)
  }
}

/** One connection for work that ends: see openClient. Rejects as the work does. */
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

/** Several connections, opened as they are needed: for readers, whose statements are limited to `within`, ms. */
export function openPool(url: string, applicationName: string, within: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_WITHIN,
    // A server that is gone ends nothing.
    query_timeout: within + CONNECT_WITHIN,
    max: 4,
  })
  // A connection that breaks says so here, whether it is in use or not; the statement on it fails.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Rows of one statement on a connection of the pool, within the limit. A connection that broke is not used again. */
export async function limitedRows<T>(
  pool: pg.Pool,
  within: number,
  access: 'READ ONLY' | 'READ WRITE',
  [sql, values]: readonly [sql: string, values: readonly unknown[]],
): Promise<T[]> {
  const client = await pool.connect()
  try {
    const { rows } = await limited(client, within, access, () => client.query(sql, [...values]))
    client.release()
    return rows
  } catch (error) {
    client.release(!isServerCode((error as { code?: string }).code))
    throw error
  }
}

/**
 * What PostgreSQL said, as an error of ours. Its detail may quote a row and is left out. `within`: the limit that we set
 * for a statement, ms; without one it is the server, or a person, that ended a query.
 */
export function databaseError(error: unknown, within?: number): SigwatchError {
  if (error instanceof SigwatchError) return error
  const { code, message } = error as { code?: string; message?: string }
  if (code === CANCELED && within !== undefined)
    return new SigwatchError(
      'ARCHIVE_TOO_SLOW',
      'PostgreSQL ended a query that took longer than archive.queryTimeout allows: ask for a shorter time',
      { cause: error },
    )
  const said = `PostgreSQL: ${isServerCode(code) ? `${code}: ` : ''}${(message ?? String(error)).split('\n')[0]}`
  const isRefused = isServerCode(code) && !TRANSIENT.has(code.slice(0, 2))
  return new SigwatchError(isRefused ? 'ARCHIVE_REFUSED' : 'ARCHIVE_UNREACHABLE', said, { cause: error })
}

function isServerCode(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')
}

/** Whether the database refuses a value, or a row as a whole, rather than the statement. */
export function isOfRows(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown }
  if (isServerCode(code)) return /^(22|23|54)/.test(code)
  return cause !== undefined && isOfRows(cause)
}

/** Whether there is no partition for a row: no table of the archive has another check. */
export function isWithoutDay(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown }
  return code === '23514' || (cause !== undefined && isWithoutDay(cause))
}
