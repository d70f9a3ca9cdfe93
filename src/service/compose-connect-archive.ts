import { type Client, databaseError, withClient } from '../analyst/archive/database.ts'
import { requireVersion, schemaState } from '../analyst/archive/migrate.ts'
import { ERRORS } from '../domain/errors.ts'
import type { Config } from '../settings/config.ts'
import type { Findings } from './check-rows.ts'
import { postgresTime } from './compose-archive-clock.ts'
import { sayClock } from './compose-connect-redis.ts'

/** Logs in to the database of the archive, if one is configured, and reads the state of its tables. Changes nothing. */
export async function checkArchive({ archive }: Config, findings: Findings): Promise<void> {
  if (archive.url === null) return
  try {
    await withClient(archive.url.reveal(), 'sigwatch check', (client) => inspect(client, findings))
  } catch (cause) {
    const error = databaseError(cause)
    const isUnknown = error.remedy === ERRORS.ARCHIVE_UNREACHABLE.remedy
    const remedy = isUnknown ? 'Start PostgreSQL, or correct archive.url.' : error.remedy
    const message = `${error.message}; ${remedy[0]!.toLowerCase()}${remedy.slice(1, -1)}`
    findings.problems.push({ file: 'archive', message })
  }
}

async function inspect(client: Client, findings: Findings): Promise<void> {
  const { summary, problems } = findings
  const version = await requireVersion(client)
  const { rows } = await client.query<{ db: string; name: string; may: boolean | null }>(
    "SELECT current_database() AS db, current_user AS name, has_schema_privilege(current_schema(), 'CREATE') AS may",
  )
  const { db, name, may } = rows[0]!
  summary.push(`archive: PostgreSQL ${version}, database ${db}, user ${name}`)
  await sayClock('archive', () => postgresTime(client), findings)
  const { tables, version: last, known } = await schemaState(client)
  const older = `the tables are those of version ${last}, this program knows ${known}`
  if (tables === 'current') summary.push(`archive: the tables are those of this version (${known})`)
  else if (tables === 'later')
    problems.push({
      file: 'archive',
      message: `${older}: install the version that made them, or a later one`,
    })
  else if (tables === 'older')
    summary.push(
      `archive: warning: ${older}: \`sigwatch archive\` upgrades them when it starts; until then desk and report refuse them`,
    )
  else if (may) summary.push('archive: no tables yet: `sigwatch archive` makes them when it starts')
  else {
    const message = `no tables yet, and user ${name} may not create tables: GRANT CREATE, USAGE ON SCHEMA public TO ${name}, or make it the owner of the database`
    problems.push({ file: 'archive', message })
  }
}
