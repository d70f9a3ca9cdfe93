import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readCorpus } from '../../src/offline/training/corpus.ts'
import { obfuscate } from '../../src/offline/training/obfuscate.ts'
import { fillSlots } from '../../src/offline/training/slots.ts'
import { createRandom } from '../../src/text/reader/random.ts'

const WRITERS = join(import.meta.dirname, '../../corpus/writers')

/** 1,000 messages of all labels and lengths, a fifth of them obfuscated. */
export function goldenMessages(): string[] {
  const random = createRandom(2026)
  const templates = readdirSync(WRITERS)
    .filter((file) => file.endsWith('.tsv'))
    .sort()
    .flatMap((file) => readCorpus(join(WRITERS, file)).rows)
  return Array.from({ length: 1000 }, (_, i) => {
    const text = fillSlots(random.pick(templates).text, random)
    if (i % 100 === 0) return text.repeat(8)
    return i % 5 === 0 ? obfuscate(text, random) : text
  })
}
