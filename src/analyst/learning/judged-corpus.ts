import { DisjointSets } from '../../domain/disjoint-sets.ts'
import { given } from '../../domain/given.ts'
import { addTo } from '../../domain/maps.ts'
import { readText } from '../../text/read-text.ts'
import { redactText } from '../../text/redact.ts'
import { agree, type CorpusLabel, type JudgedCase, labelOf } from './judged.ts'

/** Who labelled a row, and on what evidence. */
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
  /** The label the model gave, and which model. */
  readonly said?: string
  readonly model: string
  readonly policy: string
  readonly registry: string
}

export interface JudgedRow {
  readonly label: CorpusLabel
  /** As archived: redacted, on one line. */
  readonly text: string
  /** Provenance of the latest judgement, which is the one that counts. */
  readonly provenance: RowProvenance
  /** Number of judged texts of this template and label, including this one. */
  readonly cases: number
}

/** A template with contradictory judgements, by several analysts or by one at different times. */
export interface Conflict {
  readonly text: string
  /** The latest judgement of each label, newest first. */
  readonly said: readonly RowProvenance[]
}

export interface JudgedCorpus {
  readonly rows: readonly JudgedRow[]
  readonly conflicts: readonly Conflict[]
  readonly cases: number
  /** Cases whose judgement does not imply a label for the text, or that show no text. */
  readonly silent: number
  /** Texts that repeat a template of the same label. */
  readonly repeated: number
}

interface Judged {
  readonly text: string
  readonly label: CorpusLabel
  readonly provenance: RowProvenance
  /** Hosts of its links: the same words with another link can be a different message. */
  readonly hosts: string
}

/**
 * One row per template and label, with the latest judgement. Templates are compared by fingerprint, short texts by their words.
 * With `latest`, the label given last wins a conflict; otherwise all conflicting rows are left out.
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

/** The texts of a case: that of a message alert, or those of the messages that raised a state. */
function textsOf({ alert }: JudgedCase): { id: string; text: string }[] {
  const { message, samples = [], target } = alert.data
  const shown = [...(message ? [message] : []), ...(target.kind === 'message' ? [] : samples)]
  return shown.map(({ id, text }) => ({ id, text: oneLine(text) })).filter(({ text }) => text !== '')
}

/** The text as in a corpus row, without tabs and line breaks. */
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
    ...given({ note: judgement.note === undefined ? undefined : redactText(judgement.note) }),
    alert: alert.id,
    message,
    ...given({ state: state?.id }),
    codes: [...(judgement.codes ?? reasons.map(({ code }) => code))],
    ...given({ said }),
    model,
    policy,
    registry,
  }
}

/** The latest judgement of each label, newest first. */
function latestByLabel(judged: readonly Judged[]): Judged[] {
  const newest = [...judged].sort((a, b) => (a.provenance.at < b.provenance.at ? 1 : -1))
  const byLabel = new Map<CorpusLabel, Judged>()
  for (const one of newest) if (!byLabel.has(one.label)) byLabel.set(one.label, one)
  return [...byLabel.values()]
}

function clash(a: Judged, b: Judged): boolean {
  return !agree(a.label, b.label) && a.hosts === b.hosts
}

/** Groups texts that share a band of their fingerprints, directly or transitively. */
class Templates {
  readonly #judged: { readonly key: string; readonly judged: Judged }[] = []
  readonly #sets = new DisjointSets<string>()

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
