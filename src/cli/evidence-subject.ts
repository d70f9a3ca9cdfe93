import {
  type FoundComplaint,
  findComplaint,
  type Input,
  type SourceReading,
} from '../analyst/evidence/collect.ts'
import type { Feed } from '../analyst/evidence/feed.ts'
import { Candidates, type Sought } from '../analyst/evidence/match.ts'
import { findAlert, MessagesById, type Subject, shownMessages } from '../analyst/evidence/subject.ts'
import type { Alert } from '../domain/alert.ts'
import { SigwatchError } from '../domain/errors.ts'
import { DAY, LATEST_TIME, MINUTE } from '../domain/time.ts'
import type { TokeniseLike } from '../domain/token.ts'
import type { PackSources } from './case-pack-sources.ts'

/** Options that name what a pack is about; one of them is given. */
export type SubjectOptions = { readonly [K in Subject['kind']]?: string }

/** Tolerated difference between the clocks of a complaint or an alert and that of the gateway, ms. */
const CLOCKS_APART = 5 * MINUTE

/** The subject and its messages, as they are searched for. */
export interface Inquiry {
  readonly found?: FoundComplaint
  readonly alert?: Alert
  readonly sought: Sought
  /** Range of event times, epoch ms, both ends inclusive. */
  readonly window: { readonly from: number; readonly to: number }
  readonly readings: readonly SourceReading[]
}

interface InquiryParts {
  readonly sources: PackSources
  readonly tokenise: TokeniseLike
  /** How far back is searched, and how many messages on a complaint are kept. */
  readonly days: number
  readonly max: number
  /** Messages are read from a file, which is read whole. */
  readonly isFile: boolean
  /** Wall clock, epoch ms. */
  readonly now: number
}

/** What a pack of each kind cannot be made without. */
const NEEDED: Readonly<Record<Subject['kind'], readonly Input[]>> = {
  complaint: ['complaints', 'messages'],
  message: ['messages'],
  alert: ['alerts'],
}

/** Throws USAGE unless exactly one subject is named. */
export function subjectOf({ complaint, message, alert }: SubjectOptions): Subject {
  const named = Object.entries({ complaint, message, alert }).filter(([, id]) => id !== undefined)
  const [only, other] = named as [Subject['kind'], string][]
  if (!only || other)
    throw new SigwatchError(
      'USAGE',
      'say what the pack is about: give exactly one of --complaint, --message and --alert',
    )
  const [kind, id] = only
  return { kind, id }
}

/** Throws USAGE if an input is neither a file nor a topic, nor in the archive. */
export function needInputs({ kind }: Subject, { absent, archived }: PackSources): void {
  for (const input of NEEDED[kind]) {
    const elsewhere = input === 'complaints' || input === 'alerts' ? archived[input] : undefined
    if (!absent.includes(input) || elsewhere) continue
    const or = input === 'messages' ? '' : ' or archive.url'
    throw new SigwatchError('USAGE', `no ${input}: give --${input} FILE, or configure kafka.brokers${or}`)
  }
}

/** Finds the subject; if there is none, resolves with what was read alone. */
export async function inquire(
  { kind, id }: Subject,
  parts: InquiryParts,
): Promise<Inquiry | Pick<Inquiry, 'readings'>> {
  const { days, now, isFile } = parts
  if (kind === 'complaint') return ofComplaint(id, parts)
  if (kind === 'alert') return ofAlert(id, parts)
  const window = isFile ? { from: 0, to: LATEST_TIME } : { from: now - days * DAY, to: now + CLOCKS_APART }
  return { sought: new MessagesById(new Set([id])), window, readings: [] }
}

async function ofComplaint(id: string, { sources, tokenise, days, max }: InquiryParts) {
  const { found, readings } = await lookUp(id, sources, 'complaints', (feeds) => findComplaint(feeds, id))
  if (!found) return { readings }
  const { complaint } = found
  const window = { from: complaint.ts - days * DAY, to: complaint.ts + CLOCKS_APART }
  return { found, sought: new Candidates(complaint, tokenise, max), window, readings }
}

async function ofAlert(id: string, { sources, days, now }: InquiryParts) {
  const range = { from: now - days * DAY }
  const { found, readings } = await lookUp(id, sources, 'alerts', (feeds) => findAlert(feeds, id, range))
  if (!found) return { readings }
  const { ids, from, to } = shownMessages(found)
  const window = { from: from - CLOCKS_APART, to: to + CLOCKS_APART }
  return { alert: found, sought: new MessagesById(ids), window, readings }
}

/** Looks in the archive last: it has redacted texts, and complaints that were imported are there alone. */
async function lookUp<T>(
  id: string,
  { feeds, archived }: PackSources,
  input: 'complaints' | 'alerts',
  find: (feeds: readonly Feed[]) => Promise<{ found: T | undefined; readings: readonly SourceReading[] }>,
) {
  const first = await find(feeds[input])
  const lookup = archived[input]
  if (first.found || !lookup) return first
  const { found, readings } = await find([await lookup(id)])
  return { found, readings: [...first.readings, ...readings] }
}
