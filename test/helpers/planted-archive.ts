import pg from 'pg'
import type { ArchiveInput } from '../../src/analyst/archive/rows.ts'
import type { Alert } from '../../src/domain/alert.ts'
import { registryOf, type Sender } from '../../src/offline/simulator/cast.ts'
import { type SeedRecord, seedArchive } from './archive-seed.ts'
import { MINUTE, type PlantedHours, type SentRecord, tokenise } from './planted-hours.ts'

/** Share of verdicts without an action that are archived. */
export const SAMPLE = 0.25

/** Complaints, feedback and enforcements about the planted hours. */
export interface PlantedWords {
  readonly complaints: readonly (readonly [sender: Sender, count: number])[]
  /** Alerts on messages about which recipients complained. */
  readonly ofAlerts: readonly Alert[]
  /** Number of FORGED_BRAND alerts by their latest feedback. */
  readonly judged: { readonly confirmed: number; readonly falsePositive: number }
  readonly enforced: number
}

type Row = readonly [ArchiveInput, object]

const forgeries = ({ alerts }: PlantedHours) =>
  alerts.filter(
    ({ data }) => data.target.kind === 'message' && data.reasons.some(({ code }) => code === 'FORGED_BRAND'),
  )

/** Side input rows about the hours, and a summary of them. */
export function wordsOn(hours: PlantedHours): { rows: Row[]; words: PlantedWords } {
  const forged = forgeries(hours)
  const judged = forged.slice(0, 24)
  const at = hours.to - 20 * MINUTE
  const feedback = judged.map(
    ({ data }, i): Row => [
      'feedback',
      {
        messageId: data.message!.id,
        verdict: i < 21 ? 'confirmed' : 'false_positive',
        by: 'lin',
        ts: at + i * 1000,
      },
    ],
  )
  // One was judged a false positive first and confirmed later.
  const first = {
    messageId: judged[0]!.data.message!.id,
    verdict: 'false_positive',
    by: 'wu',
    ts: at - MINUTE,
  }
  const { burst: _, ...word } = hours.released
  const blocked = hours.alerts.filter(({ data }) => data.target.kind === 'message' && data.action === 'block')
  const enforcements = blocked.map(
    ({ data }): Row => [
      'enforcements',
      { messageId: data.message!.id, action: 'block', by: 'gateway-1', ts: data.message!.ts + 1500 },
    ],
  )
  const { rows: complaints, told, ofAlerts } = complaintsAbout(hours, forged.slice(30, 36))
  return {
    rows: [...feedback, ['feedback', first], ['feedback', word], ...enforcements, ...complaints],
    words: {
      complaints: told,
      ofAlerts,
      judged: { confirmed: 21, falsePositive: 3 },
      enforced: blocked.length,
    },
  }
}

/** Complaints about three lawful senders (by signature, by port, by both) and about forgeries. */
function complaintsAbout(hours: PlantedHours, ofAlerts: readonly Alert[]) {
  const named = (name: string) => hours.cast.find(({ signature }) => signature === name)!
  const told = [
    [named('唯品会'), 9],
    [named('招商银行'), 4],
    [named('税务局'), 5],
  ] as const
  const ts = hours.to - 10 * MINUTE
  const about = told.flatMap(([{ signature, ports }, count], which) =>
    Array.from(
      { length: count },
      (_, i): Row => [
        'complaints',
        {
          id: `c${which}.${i}`,
          ts: ts + i * 1000,
          ...(which === 1 ? {} : { signature }),
          ...(which === 0 ? {} : { from: ports[0] }),
          to: `1717000${which}${String(i).padStart(3, '0')}`,
          text: '骚扰短信，请回电13812345678',
          source: i % 3 === 2 ? 'hotline' : '12321',
          category: 'marketing',
        },
      ],
    ),
  )
  const forged = ofAlerts.map(
    ({ data: { message } }, i): Row => [
      'complaints',
      {
        id: `f.${i}`,
        ts: ts + i * 1000,
        from: message!.from,
        signature: message!.signature,
        to: message!.toToken,
        source: '12321',
        category: 'fraud',
      },
    ],
  )
  return { rows: [...about, ...forged], told, ofAlerts }
}

/** Statistics of the two preceding hours, with other traffic of the same senders: twice the notices, no marketing. */
function hoursBefore({ from, to, cast }: PlantedHours): Row[] {
  return cast.slice(0, 20).flatMap((sender): Row[] =>
    Array.from(
      { length: 10 },
      (_, i): Row => [
        'stats',
        {
          signature: sender.signature,
          port: sender.ports[0],
          sp: sender.sp,
          ts: from - (to - from) + i * MINUTE,
          sent: { notice: 20, personal: 2 },
        },
      ],
    ),
  )
}

/** Registry rows, written an hour before. */
function registryRows({ from, cast }: PlantedHours): SeedRecord[] {
  const { signatures, ports } = registryOf(cast) as {
    signatures: { name: string }[]
    ports: { port: string }[]
  }
  const at = from - 60 * MINUTE
  return [
    ...signatures.map(
      (row): SeedRecord => ['registry', { kind: 'signature', ...row }, { key: `signature:${row.name}`, at }],
    ),
    ...ports.map(
      (row): SeedRecord => ['registry', { kind: 'port', ...row }, { key: `port:${row.port}`, at }],
    ),
  ]
}

/** Fills an empty database with the hours; returns a summary of the planted rows. */
export async function archivePlanted(url: string, hours: PlantedHours): Promise<PlantedWords> {
  const { rows, words } = wordsOn(hours)
  await seedArchive(url, [...hours.records, ...rows, ...hoursBefore(hours), ...registryRows(hours)], {
    sample: SAMPLE,
    tokenise,
  })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const { id } of words.ofAlerts.slice(0, 3))
    await client.query("INSERT INTO access_log (at, who, what, subject) VALUES ($1, 'lin', 'case', $2)", [
      new Date(hours.to),
      id,
    ])
  await client.query('ANALYZE')
  await client.end()
  return words
}

/** Whole messages: the first part of each, with the joined text. */
export function messagesOf(sent: readonly SentRecord[]): (SentRecord & { readonly whole: string })[] {
  const parts = new Map<string, SentRecord[]>()
  for (const record of sent) {
    const key = record.id.replace(/^(g\w+)\.1\.\d+$/, '$1')
    parts.set(key, [...(parts.get(key) ?? []), record])
  }
  return [...parts.values()].map((own) => {
    const inOrder = own.toSorted((a, b) => a.id.localeCompare(b.id))
    return { ...inOrder[0]!, whole: inOrder.map(({ text }) => text).join('') }
  })
}
