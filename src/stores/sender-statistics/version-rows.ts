import type { OutputRecord } from '../../domain/ports.ts'
import type { VersionContent, Versions } from '../../domain/versions.ts'

/** What is remembered as written: a registry has a new hash with each change of its topic. */
const REMEMBERED = 10_000

/**
 * Rows of the topic `sms.versions`: the content behind each hash, once a process, with the batch that first was judged
 * by it. Written before the alerts that name it.
 */
export class VersionRows {
  readonly #written = new Set<string>()
  #last: Versions | undefined

  /** Records of what has not been written yet; `at`: wall clock, epoch ms. */
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
