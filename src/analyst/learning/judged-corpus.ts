import { DisjointSets } from '../../domain/disjoint-sets.ts'
import { given } from '../../domain/given.ts'
import { addTo } from '../../domain/maps.ts'
import { readText } from '../../text/read-text.ts'
import { redactText } from '../../text/redact.ts'
import { agree, type CorpusLabel, type JudgedCase, labelOf } from './judged.ts'

/** Who gave a row its label, and on what. */
export interface RowProvenance {
  readonly label: CorpusLabel
  readonly verdict: 'confirmed' | 'false_positive'
  readonly by: string
  /** RFC 3339. */
  readonly at: string
  /** Redacted. */
  readonly note?: string
  readonly alert: string
  readonly message: string
  readonly state?: string
  readonly codes: readonly string[]
  /** What the model said, and which one. */
  readonly said?: string
  readonly model: string
  readonly policy: string
  readonly registry: string
}

export interface JudgedRow {
  readonly label: CorpusLabel
  /** As archived: redacted, on one line. */
  readonly text: string
  /** Of the judgement that counts, the latest. */
  readonly provenance: RowProvenance
  /** Judged texts of this template and label, this one included. */
  readonly cases: number
}

/** A template that analysts, or one at two times, judged otherwise. */
export interface Conflict {
  readonly text: string
  /** The latest judgement of each label, the newest first. */
  readonly said: readonly RowProvenance[]
}

export interface JudgedCorpus {
  readonly rows: readonly JudgedRow[]
  readonly conflicts: readonly Conflict[]
  /** Judged cases. */
  readonly cases: number
  /** Cases whose judgement says nothing of the words, or that show no text. */
  readonly silent: number
  /** Texts that repeat a template of the same label. */
  readonly repeated: number
}

interface Judged {
  readonly text: string
  readonly label: CorpusLabel
  readonly provenance: RowProvenance
  /** Where its links lead: the same words with another link may be another thing. */
  readonly hosts: string
}

/**
 * One row a template and label, with the judgement that came last. Templates are told apart by their fingerprints, short
 * texts by their words. `latest`: of labels in conflict the one that was given last counts; else all are left out.
 */
export function judgedCorpus(cases: Iterable<JudgedCase>, onConflict: 'omit' | 'latest'): JudgedCorpus {
  const templates = new Templates()
  let count = 0
  let silent = 0
  for (const one of cases) {
    count++
    const label = labelOf(one)
    const texts = label === undefined ? [] : textsOf(one)
    if (label === undefined || texts.length === 0) silent++
    else for (const { id, text } of texts) templates.add(text, label, provenanceOf(one, label, id))
  }
  const rows: JudgedRow[] = []
  const conflicts: Conflict[] = []
  let repeated = 0
  for (const judged of templates.groups()) {
    const byLabel = latestByLabel(judged)
    const clashing = byLabel.filter((row) => byLabel.some((other) => clash(row, other)))
    if (clashing.length > 0)
      conflicts.push({ text: clashing[0]!.text, said: clashing.map(({ provenance }) => provenance) })
    const left = onConflict === 'latest' ? clashing.slice(0, 1) : []
    for (const row of byLabel) {
      if (clashing.includes(row) && !left.includes(row)) continue
      const same = judged.filter(({ label }) => label === row.label).length
      repeated += same - 1
      rows.push({ label: row.label, text: row.text, provenance: row.provenance, cases: same })
    }
  }
  rows.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.label < b.label ? -1 : 1))
  return { rows, conflicts, cases: count, silent, repeated }
}

/** The messages that a case shows: of an alert on a message that one, of a state those that raised it. */
function textsOf({ alert }: JudgedCase): { id: string; text: string }[] {
  const { message, samples = [], target } = alert.data
  const shown = [...(message ? [message] : []), ...(target.kind === 'message' ? [] : samples)]
  return shown.map(({ id, text }) => ({ id, text: oneLine(text) })).filter(({ text }) => text !== '')
}

/** As a row of a corpus holds it: without tabs and line ends. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function provenanceOf({ alert, judgement }: JudgedCase, label: CorpusLabel, message: string): RowProvenance {
  const { provenance, reasons, state, label: said } = alert.data
  const { model, policy, registry } = provenance
  return {
    label,
    verdict: judgement.verdict,
    by: judgement.by,
    at: new Date(judgement.at).toISOString(),
    ...(judgement.note === undefined ? {} : { note: redactText(judgement.note) }),
    alert: alert.id,
    message,
    ...(state ? { state: state.id } : {}),
    codes: [...(judgement.codes ?? reasons.map(({ code }) => code))],
    ...given({ said }),
    model,
    policy,
    registry,
  }
}

/** Of each label what was said last, the newest first. */
function latestByLabel(judged: readonly Judged[]): Judged[] {
  const newest = [...judged].sort((a, b) => (a.provenance.at < b.provenance.at ? 1 : -1))
  const byLabel = new Map<CorpusLabel, Judged>()
  for (const one of newest) if (!byLabel.has(one.label)) byLabel.set(one.label, one)
  return [...byLabel.values()]
}

function clash(a: Judged, b: Judged): boolean {
  return !agree(a.label, b.label) && a.hosts === b.hosts
}

/** Texts that share a band of their fingerprints, directly or through others. */
class Templates {
  readonly #judged: { readonly key: string; readonly judged: Judged }[] = []
  readonly #sets = new DisjointSets()

  add(text: string, label: CorpusLabel, provenance: RowProvenance): void {
    const { bands, normalised, urls } = readText(text)
    const hosts = [...new Set(urls.map(({ host }) => host))].sort().join()
    const keys = bands.map((band, i) => `${i}:${band}`)
    const key = keys[0] ?? normalised.text.replace(/[\d\s]+|<number>|<code>/g, '')
    this.#judged.push({ key, judged: { text, label, provenance, hosts } })
    for (const other of keys) this.#sets.join(key, other)
  }

  groups(): Judged[][] {
    const groups = new Map<string, Judged[]>()
    for (const { key, judged } of this.#judged) {
      const root = this.#sets.rootOf(key)
      addTo(groups, root, judged)
    }
    return [...groups.values()]
  }
}
