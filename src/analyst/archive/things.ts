import { UNUSUAL_RATE_CODES } from '../../detection/detectors/all.ts'
import type { Alert } from '../../domain/alert.ts'
import type { Change } from '../../domain/change.ts'
import type { DeclaredCampaign } from '../../domain/registry.ts'
import { signatureKey } from '../../text/signature.ts'
import type { Ask } from './ask.ts'
import { type CaseComplaint, COLUMNS, type FoundAlert } from './case.ts'
import {
  type AlertCurve,
  alertCurve,
  curvesIn,
  PLACE,
  type SentCurve,
  type Steps,
  sentCurve,
  startsOf,
  timesOf,
} from './curves.ts'
import { withoutMobiles, withoutSender, withoutSenders } from './mobiles.ts'
import { TOLD } from './overview.ts'
import { patternsOf, type RegistryRowThen } from './registry-rows.ts'

/** A subject with its own page; a recipient is identified by its token. */
export interface Thing {
  readonly kind: 'brand' | 'signature' | 'port' | 'domain' | 'enterprise' | 'campaign' | 'recipient'
  readonly name: string
}

/** A code among a thing's alerts; `ids`: the newest of these alerts. */
export interface CodeOfThing {
  readonly code: string
  readonly n: number
  readonly blocked: number
  readonly ids: readonly string[]
}

export interface StateOfThing {
  readonly alert_id: string
  readonly action: string
  readonly codes: readonly string[]
  readonly raised_at: Date
  readonly cleared_at: Date | null
}

export type ThingAlert = FoundAlert & {
  readonly domains: readonly string[]
  readonly campaign: string | null
  readonly event: Alert
}

/** Other signatures, ports and enterprises that a thing sent with, from the sender statistics; null if it does not send. */
export interface SentWith {
  readonly kind: 'signature' | 'port' | 'enterprise'
  readonly name: string
  readonly n: number
}

export interface ThingFound {
  readonly thing: Thing
  readonly steps: Steps
  readonly first_at: Date | null
  readonly last_at: Date | null
  readonly sent: SentCurve | undefined
  readonly peak: number | null
  readonly alerts: AlertCurve
  readonly codes: readonly CodeOfThing[]
  readonly newest: readonly ThingAlert[]
  readonly states: readonly StateOfThing[]
  /** Whether the signature has an open burst. */
  readonly isBursting: boolean
  /** Declared rate in the period, messages per minute; null if there was none. */
  readonly declared: number | null
  readonly complaints: { readonly n: number; readonly newest: readonly CaseComplaint[] }
  /** Rows of the registry topic, newest first. */
  readonly registry: readonly RegistryRowThen[]
  readonly campaigns: readonly DeclaredCampaign[]
  readonly policies: readonly {
    readonly hash: string
    readonly first_at: Date
    readonly change: Change | null
  }[]
  readonly sentWith: readonly SentWith[]
  /** Whether the enterprise has more senders than are considered. */
  readonly isCut: boolean
}

/** Maximum number of senders of an enterprise, those that send the most. */
const MOST_SENDERS = 500
/** Number of newest alerts used to find related things. */
export const NEWEST = 200
const IN_TIME = 'ts >= $1 AND ts < $2'

/** Rows of `thing_hour` for a thing, as the source of queries. $1 and $2: period; $4: kind, or enterprise; $5: name. */
const OWN = `thing_hour WHERE ${IN_TIME} AND kind = $4 AND name = $5`
const OF_ENTERPRISE = `thing_hour WHERE ${IN_TIME} AND kind = 'sender' AND $5::text IS NOT NULL AND name IN (
  SELECT signature || '@' || port FROM sender_hour WHERE ${IN_TIME} AND sp = $4 GROUP BY signature, port ORDER BY sum(total) DESC LIMIT ${MOST_SENDERS})`
/** A recipient has few alerts, so they are read through their index, in the form of the sums. */
const OF_RECIPIENT = `(SELECT ts, part, 1 AS n, (action = 'block')::int AS blocked, ARRAY[id] AS ids FROM alert
  CROSS JOIN LATERAL (SELECT '' UNION SELECT unnest(codes)) part (part)
  WHERE to_token = $5 AND target_kind IN ('message', 'recipient') AND type = 'raised' AND mode = 'enforce' AND $4::text IS NOT NULL) own WHERE ${IN_TIME}`

const STATES = `SELECT alert_id, action, codes, raised_at, cleared_at FROM state_episode
  WHERE target_kind = $3 AND target_id = $4 AND mode = 'enforce' AND raised_at < $2 AND last_at >= $1 ORDER BY raised_at DESC LIMIT 20`
const RATES = `SELECT max(peak) AS peak, max(declared) AS declared FROM sent_hour WHERE ${IN_TIME} AND kind = $3 AND name = $4`
const POLICIES = `SELECT hash, first_at, content -> 'change' AS change FROM version WHERE kind = 'policy' AND first_at < $1
  ORDER BY first_at DESC LIMIT 20`

/** Everything known about a thing in a period. Rejects with the errors of the archive. */
export async function thingOf(ask: Ask, thing: Thing, steps: Steps): Promise<ThingFound> {
  const { kind, name } = thing
  const [from, to] = timesOf(steps)
  const source = sourceOf(thing)
  const values = [from, to, steps.step, ...(kind === 'enterprise' ? [name, ''] : [kind, name])]
  const sends = kind === 'signature' || kind === 'port' || kind === 'enterprise'
  const [seen, sent, rates, alerts, codes, newest, states, complaints, registry, policies, sentWith] =
    await Promise.all([
      ask<Pick<ThingFound, 'first_at' | 'last_at'>>(
        'SELECT first_at, last_at FROM thing WHERE kind = $1 AND name = $2',
        [kind, name],
      ),
      sends ? sentCurve(ask, steps, thing) : undefined,
      ask<Pick<ThingFound, 'peak' | 'declared'>>(RATES, [from, to, kind, name]),
      curveOf(ask, thing, steps, values),
      ask<CodeOfThing>(CODES(source), values),
      newestOf(ask, source, values),
      ask<StateOfThing>(STATES, [from, to, kind, name]),
      complaintsOf(ask, thing, from, to),
      registryOf(ask, thing),
      ask<ThingFound['policies'][number]>(POLICIES, [to]),
      sends ? sentWithOf(ask, thing, from, to) : [],
    ])
  return {
    ...{ thing, steps, sent, alerts, codes, newest, states, complaints, registry, policies, sentWith },
    ...(rates[0] ?? { peak: null, declared: null }),
    ...(seen[0] ?? { first_at: null, last_at: null }),
    isBursting: states.some(
      ({ cleared_at, codes: of }) =>
        cleared_at === null && of.some((code) => UNUSUAL_RATE_CODES.some((one) => one === code)),
    ),
    campaigns: registry.flatMap((row) =>
      row.kind === 'signature' && row.changed_at === null ? (row.content?.campaigns ?? []) : [],
    ),
    isCut: kind === 'enterprise' && sentWith.filter((one) => one.kind === 'port').length >= MOST_SHARED,
  }
}

function sourceOf({ kind }: Thing): string {
  if (kind === 'enterprise') return OF_ENTERPRISE
  return kind === 'recipient' ? OF_RECIPIENT : OWN
}

async function curveOf(
  ask: Ask,
  thing: Thing,
  steps: Steps,
  values: readonly unknown[],
): Promise<AlertCurve> {
  const source = sourceOf(thing)
  if (source === OWN) return alertCurve(ask, steps, thing)
  const rows = await ask<{ place: number; code: string; n: number }>(
    `SELECT ${PLACE} AS place, part AS code, sum(n)::int AS n FROM ${source} GROUP BY 1, 2`,
    values,
  )
  return curvesIn(rows, startsOf(steps).length)
}

/** Alerts by code, with the ids of the newest from the latest hours. */
const CODES = (source: string) => `WITH own AS (SELECT * FROM ${source} AND part <> '' AND $3::float8 > 0),
    newest AS (SELECT part, ids, row_number() OVER (PARTITION BY part ORDER BY ts DESC) AS place FROM own)
  SELECT part AS code, sum(n)::int AS n, sum(blocked)::int AS blocked,
    ARRAY(SELECT unnest(ids) FROM newest WHERE newest.part = own.part AND place <= 3 ORDER BY place LIMIT 3) AS ids
  FROM own GROUP BY part ORDER BY n DESC, part`

/** Alerts are looked up only in the hour they are listed in. */
async function newestOf(ask: Ask, source: string, values: readonly unknown[]): Promise<ThingAlert[]> {
  const named = await ask<{ id: string; hour: Date }>(
    `SELECT unnest(ids) AS id, hour FROM (SELECT ids, date_trunc('hour', ts, 'UTC') AS hour FROM ${source} AND part = '' AND $3::float8 > 0 ORDER BY ts DESC LIMIT ${NEWEST}) hours LIMIT ${NEWEST}`,
    values,
  )
  if (named.length === 0) return []
  const found = await ask<ThingAlert>(
    `SELECT ${COLUMNS.split(', ')
      .map((name) => `a.${name}`)
      .join(', ')}, a.domains, a.campaign, a.event
      FROM unnest($1::text[], $2::timestamptz[]) named (id, hour)
      JOIN alert a ON a.id = named.id AND a.ts >= named.hour AND a.ts < named.hour + interval '1 hour' ORDER BY a.ts DESC`,
    [named.map(({ id }) => id), named.map(({ hour }) => hour)],
  )
  return found.map((one) => ({ ...withoutSender(one), event: withoutSenders(one.event) }))
}

/** Maximum number of related things in a list. */
export const MOST_SHARED = 20

/** The other things that a thing sent with, from the sender statistics. */
async function sentWithOf(ask: Ask, { kind, name }: Thing, from: Date, to: Date): Promise<SentWith[]> {
  const column = kind === 'enterprise' ? 'sp' : kind
  const others = (['signature', 'port', 'enterprise'] as const).filter((one) => one !== kind)
  const lists = await Promise.all(
    others.map((other) => {
      const own = other === 'enterprise' ? 'sp' : other
      return ask<SentWith>(
        `SELECT '${other}' AS kind, ${own} AS name, sum(total)::int8 AS n FROM sender_hour WHERE ${IN_TIME} AND ${column} = $3 AND ${own} IS NOT NULL
          GROUP BY ${own} ORDER BY n DESC, name LIMIT ${MOST_SHARED}`,
        [from, to, name],
      )
    }),
  )
  return lists.flat().map((one) => ({ ...one, name: withoutMobiles(one.name) }))
}

const COMPLAINT = 'c.id, c.ts, c.source, c.category, c.text'
/** Newest complaints shown on a page. */
const COMPLAINTS = 10

async function complaintsOf(
  ask: Ask,
  { kind, name }: Thing,
  from: Date,
  to: Date,
): Promise<ThingFound['complaints']> {
  const values = [from, to, name]
  if (kind === 'recipient') {
    const newest = await ask<CaseComplaint>(
      `SELECT ${COMPLAINT} FROM complaint c WHERE to_token = $3 AND ${IN_TIME} ORDER BY ts DESC LIMIT 200`,
      values,
    )
    return { n: newest.length, newest: newest.slice(0, COMPLAINTS) }
  }
  if (kind !== 'signature' && kind !== 'port' && kind !== 'enterprise') return { n: 0, newest: [] }
  const told =
    kind === 'enterprise' ? `WITH ${TOLD} SELECT signature, port, n FROM told WHERE sp = $3` : undefined
  const groups =
    told === undefined
      ? [{ signature: kind === 'signature' ? name : '', port: kind === 'port' ? name : '', n: 0 }]
      : await ask<{ signature: string; port: string; n: number }>(`${told} ORDER BY n DESC LIMIT 100`, values)
  const newest = await ask<CaseComplaint & { n: number }>(
    `WITH hours AS (SELECT ts, signature, port, n FROM complaint_hour WHERE ${IN_TIME} AND ${
      told
        ? '(signature, port) IN (SELECT * FROM unnest($3::text[], $4::text[]))'
        : `${kind} <> '' AND ${kind} = ANY ($3) AND $4::text[] IS NOT NULL`
    }),
      newest AS (SELECT * FROM hours ORDER BY ts DESC LIMIT ${COMPLAINTS})
    SELECT ${COMPLAINT}, (SELECT sum(n)::int FROM hours) AS n FROM newest h
      JOIN complaint c ON c.ts >= h.ts AND c.ts < h.ts + interval '1 hour' AND coalesce(c.signature, '') = h.signature AND coalesce(c.port, '') = h.port
    ORDER BY c.ts DESC LIMIT ${COMPLAINTS}`,
    [from, to, groups.map(({ signature }) => signature), groups.map(({ port }) => port)],
  )
  return { n: newest[0]?.n ?? 0, newest }
}

/** Rows of the registry topic with their history, newest first. */
function registryOf(ask: Ask, { kind, name }: Thing): Promise<RegistryRowThen[]> {
  if (kind !== 'signature' && kind !== 'port' && kind !== 'brand') return Promise.resolve([])
  const keys = kind === 'port' ? patternsOf(name) : [kind === 'signature' ? signatureKey(name) : name]
  return ask(
    `SELECT kind, key, at, content, lead(at) OVER (PARTITION BY kind, key ORDER BY at) AS changed_at FROM registry_row
      WHERE kind = $1 AND ${kind === 'signature' ? 'signature_key' : 'key'} = ANY ($2) ORDER BY length(key) DESC, at DESC LIMIT 20`,
    [kind, keys],
  )
}
