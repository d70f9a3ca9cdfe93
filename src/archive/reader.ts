import type { Alert, Verdict } from '../domain/alert.ts'
import { databaseError, limitedRows, openPool } from './database.ts'
import { requireSchema } from './migrate.ts'
import { withoutMobiles } from './mobiles.ts'
import { type Overview, overviewOf } from './overview.ts'
import { COMPLAINED, JUDGED, JUDGED_ALERTS } from './questions.ts'
import { type RegistryRowThen, registryThen } from './registry-rows.ts'
import { SENT, type Sent } from './sent.ts'

/** What can be searched for. */
export const SEARCH_FIELDS = ['message', 'token', 'signature', 'port', 'domain', 'code', 'campaign'] as const
export type SearchField = (typeof SEARCH_FIELDS)[number]

export interface Search {
  readonly field?: SearchField
  readonly value?: string
  /** Epoch ms. */
  readonly from: number
  readonly to: number
}

/** A line of a list of alerts. */
export interface FoundAlert {
  readonly id: string
  readonly ts: Date
  readonly mode: string
  readonly type: string
  readonly action: string
  readonly severity: string
  readonly score: number
  readonly codes: readonly string[]
  readonly target_kind: string
  readonly target_id: string
  readonly signature: string | null
  readonly port: string | null
}

export interface StoredVerdict {
  readonly ts: Date
  readonly action: Verdict['action']
  readonly label: string
  readonly score: number
  readonly codes: readonly string[]
}

export interface StoredFeedback {
  readonly ts: Date
  readonly verdict: string
  readonly by: string
  readonly note: string | null
  readonly until: Date | null
}

/** Everything that belongs to one alert. */
export interface Case {
  readonly alert: Alert
  /** Changes of the same state, the first one first. */
  readonly timeline: readonly FoundAlert[]
  /** Alerts of a day around it on the same domain, campaign or sender. */
  readonly siblings: readonly FoundAlert[]
  readonly verdict: StoredVerdict | undefined
  readonly feedback: readonly StoredFeedback[]
  readonly enforcements: readonly { readonly ts: Date; readonly action: string; readonly by: string }[]
  /** Of the versions that it names, those whose content is kept, with when they were first in force. */
  readonly versions: readonly { readonly hash: string; readonly kind: string; readonly first_at: Date }[]
  /** What the registry topic said of the sender then. */
  readonly registry: readonly RegistryRowThen[]
  /** Its port is masked in the alert, so that no row of it can be told. */
  readonly portIsMasked: boolean
}

/** How often analysts agreed with a code. */
export interface ReviewedCode {
  readonly code: string
  readonly confirmed: number
  readonly judged: number
}

/** What an analyst said last of a message, a state or a target, with the alert that it is about; null: it is not kept. */
export interface JudgedAlert {
  readonly verdict: 'confirmed' | 'false_positive'
  readonly by: string
  readonly ts: Date
  readonly codes: readonly string[] | null
  readonly note: string | null
  readonly event: Alert | null
}

/** Complaints about a sender; `sent`: messages under its signature in the same time, null where that is not known. */
export interface Complained {
  readonly sender: string
  readonly complaints: number
  readonly sent: number | null
}

export interface Access {
  readonly at: Date
  readonly who: string
  readonly what: string
  readonly subject: string
}

/** Alerts of a list, at most. */
const MOST = 200
const DAY = 86_400_000
const COLUMNS = 'id, ts, mode, type, action, severity, score, codes, target_kind, target_id, signature, port'
/** The condition of each field, for the second parameter. */
const CONDITIONS: Readonly<Record<SearchField, string>> = {
  message: '(message_id = $3 OR id = $3)',
  token: 'to_token = $3',
  signature: "(signature = $3 OR (target_kind = 'signature' AND target_id = $3))",
  port: "(port = $3 OR (target_kind = 'port' AND target_id = $3))",
  domain: 'domains @> ARRAY[$3]',
  code: 'codes @> ARRAY[$3]',
  campaign: 'campaign = $3',
}

/** Alerts that are read at a time. */
const PAGE = 1000

/** How long a query may take, ms. */
const WITHIN = 60_000

/** Reads the archive. Rejects with ARCHIVE_UNREACHABLE, ARCHIVE_TOO_SLOW or ARCHIVE_REFUSED. */
export class ArchiveReader {
  readonly #pool: ReturnType<typeof openPool>

  readonly #within: number

  private constructor(pool: ReturnType<typeof openPool>, within: number) {
    this.#pool = pool
    this.#within = within
  }

  /** `within`: how long a query may take, ms. Rejects also where the tables are those of another version. */
  static async open(url: string, applicationName: string, within = WITHIN): Promise<ArchiveReader> {
    const pool = openPool(url, applicationName, within)
    try {
      await requireSchema(pool)
      return new ArchiveReader(pool, within)
    } catch (error) {
      await pool.end()
      throw databaseError(error, within)
    }
  }

  /** The newest alerts that are searched for, at most 200. */
  search({ field, value, from, to }: Search): Promise<FoundAlert[]> {
    const isNarrow = field !== undefined && value !== undefined
    return this.#rows(
      `SELECT ${COLUMNS} FROM alert WHERE ts >= $1 AND ts < $2 ${isNarrow ? `AND ${CONDITIONS[field]}` : ''}
        ORDER BY ts DESC LIMIT ${MOST}`,
      [new Date(from), new Date(to), ...(isNarrow ? [value] : [])],
    )
  }

  /** The case of an alert, or of the alert on a message; undefined: there is none. */
  async case(id: string): Promise<Case | undefined> {
    const [found] = await this.#rows<{ event: Alert }>(
      `SELECT event FROM alert WHERE id = $1 OR message_id = $1
        ORDER BY id = $1 DESC, target_kind = 'message' DESC, mode = 'enforce' DESC, ts LIMIT 1`,
      [id],
    )
    if (!found) return undefined
    const alert = found.event
    const { message, state, provenance, target } = alert.data
    const messageId = message?.id ?? ''
    const [
      timeline,
      siblings,
      [verdict],
      feedback,
      enforcements,
      versions,
      { rows: registry, portIsMasked },
    ] = await Promise.all([
      state
        ? this.#rows<FoundAlert>(
            `SELECT ${COLUMNS} FROM alert WHERE state_id = $1 ORDER BY episode, revision LIMIT ${MOST}`,
            [state.id],
          )
        : [],
      this.#siblings(alert),
      this.#rows<StoredVerdict>(
        'SELECT ts, action, label, score, codes FROM verdict WHERE id = $1 ORDER BY ts',
        [messageId],
      ),
      this.#rows<StoredFeedback>(
        'SELECT ts, verdict, by, note, until FROM feedback WHERE message_id = $1 OR state_id = $2 OR target = $3 ORDER BY ts',
        [messageId, state?.id ?? '', `${target.kind}:${target.id}`],
      ),
      this.#rows<Case['enforcements'][number]>(
        'SELECT ts, action, by FROM enforcement WHERE message_id = $1 ORDER BY ts',
        [messageId],
      ),
      this.#rows<Case['versions'][number]>(
        'SELECT hash, kind, first_at FROM version WHERE hash = ANY ($1) ORDER BY kind',
        [[provenance.model, provenance.policy, provenance.registry]],
      ),
      registryThen((sql, values) => this.#rows(sql, values), alert),
    ])
    return { alert, timeline, siblings, verdict, feedback, enforcements, versions, registry, portIsMasked }
  }

  /** The alerts of a time, the first one first. */
  async *alerts(from: number, to: number): AsyncGenerator<Alert> {
    let after: [Date, string] = [new Date(from), '']
    for (;;) {
      const page = await this.#rows<{ ts: Date; id: string; event: Alert }>(
        `SELECT ts, id, event FROM alert WHERE ts >= $1 AND ts < $2 AND (ts, id) > ($1, $3) ORDER BY ts, id LIMIT ${PAGE}`,
        [after[0], new Date(to), after[1]],
      )
      for (const { event } of page) yield event
      const last = page.at(-1)
      if (!last || page.length < PAGE) return
      after = [last.ts, last.id]
    }
  }

  /** By code, how many cases analysts judged in a time, and how many they confirmed; the last word on a case counts. */
  judged(from: number, to: number): Promise<ReviewedCode[]> {
    return this.#rows(JUDGED, [new Date(from), new Date(to)])
  }

  /** The cases that analysts judged in a time, in the order in which they did; the last word on each counts. */
  judgedAlerts(from: number, to: number): Promise<JudgedAlert[]> {
    return this.#rows(JUDGED_ALERTS, [new Date(from), new Date(to)])
  }

  /** Who was complained of most in a time, with what was sent under that signature. */
  complained(from: number, to: number): Promise<Complained[]> {
    return this.#rows(COMPLAINED, [new Date(from), new Date(to)])
  }

  /** What a signature sent in a time; undefined: nothing that is known. */
  async sent(signature: string, from: number, to: number): Promise<Sent | undefined> {
    const [row] = await this.#rows<Sent>(SENT, [new Date(from), new Date(to), signature])
    return row?.messages ? row : undefined
  }

  /** What went on in a time, epoch ms. */
  overview(from: number, to: number): Promise<Overview> {
    return overviewOf((sql, values) => this.#rows(sql, values), new Date(from), new Date(to))
  }

  /** Notes who looked at what; a mobile number that was searched for is masked. */
  async note(who: string, what: string, subject: string): Promise<void> {
    const shown = what === 'search' ? withoutMobiles(subject) : subject
    const sql = 'INSERT INTO access_log (who, what, subject) VALUES ($1, $2, $3)'
    await this.#rows(sql, [who, what, shown], 'READ WRITE')
  }

  /** The newest entries of the access log. */
  accesses(): Promise<Access[]> {
    return this.#rows(`SELECT at, who, what, subject FROM access_log ORDER BY at DESC LIMIT ${MOST}`, [])
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  #siblings({ id, time, data }: Alert): Promise<FoundAlert[]> {
    const at = Date.parse(time)
    const domains = data.target.kind === 'domain' ? [data.target.id] : (data.match?.domains ?? [])
    const { message, match } = data
    return this.#rows(
      `SELECT ${COLUMNS} FROM alert WHERE ts >= $1 AND ts < $2 AND id <> $3 AND (
          domains && (SELECT domains FROM alert WHERE id = $3 LIMIT 1) OR domains && $4::text[]
          OR campaign = $5 OR (signature = $6 AND port = $7))
          AND (state_id IS NULL OR state_id <> $8)
        ORDER BY ts DESC LIMIT 50`,
      [
        new Date(at - DAY),
        new Date(at + DAY),
        id,
        domains,
        match?.campaign ?? null,
        message?.signature ?? null,
        message?.from ?? null,
        data.state?.id ?? '',
      ],
    )
  }

  async #rows<T extends object>(
    sql: string,
    values: readonly unknown[],
    access: 'READ ONLY' | 'READ WRITE' = 'READ ONLY',
  ): Promise<T[]> {
    try {
      return await limitedRows<T>(this.#pool, this.#within, access, [sql, values])
    } catch (error) {
      throw databaseError(error, this.#within)
    }
  }
}
