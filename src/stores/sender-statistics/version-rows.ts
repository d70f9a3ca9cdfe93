import type { OutputRecord } from '../../domain/ports.ts'
import type { VersionContent, Versions } from '../../domain/versions.ts'

/** Number of hashes remembered as written: each change of a registry topic creates a new one. */
const REMEMBERED = 10_000

/**
 * Rows of the topic `sms.versions`: the content behind each hash, once per process, written with the first batch judged
 * by it and before the alerts that refer to it.
 */
export class VersionRows {
  readonly #written = new Set<string>()
  #last: Versions | undefined

  /** Records of versions not written yet; `at` is the wall clock, epoch ms. */
  of(versions: Versions, at: number): OutputRecord[] {
    if (versions === this.#last) return []
    this.#last = versions
    const records: OutputRecord[] = []
    for (const version of contentsOf(versions)) {
      const key = `${version.kind}/${version.hash}`
      if (this.#written.has(key)) continue
      if (this.#written.size >= REMEMBERED) this.#written.clear()
      this.#written.add(key)
      records.push({ channel: 'versions', key: version.hash, value: JSON.stringify({ ...version, at }) })
    }
    return records
  }
}

function contentsOf({ classifier, policy, registry }: Versions): VersionContent[] {
  const contents: VersionContent[] = [
    { hash: classifier.id, kind: 'model', card: classifier.card },
    { hash: policy.hash, kind: 'policy', content: policy.rules },
  ]
  const { own } = policy
  if (own) contents.push({ hash: own.hash, kind: 'rules', content: own.content })
  if (registry.content) {
    const { shipped, ...own } = registry.content
    contents.push(
      { hash: shipped.hash, kind: 'brands', content: shipped.brands },
      { hash: registry.hash, kind: 'registry', content: { brands: shipped.hash, ...own } },
    )
  }
  return contents
}
