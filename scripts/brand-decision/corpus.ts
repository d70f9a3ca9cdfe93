import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { classify } from '../../src/detection/classify.ts'
import { messageOf } from '../../src/detection/message-of.ts'
import { readMessage } from '../../src/detection/read-message.ts'
import { buildRegistry } from '../../src/detection/registry/registry-index.ts'
import type { AnalysedMessage } from '../../src/domain/message.ts'
import type { Classifier } from '../../src/domain/ports.ts'
import type { Brand, Registry, SignatureRow } from '../../src/domain/registry.ts'

export const BRAND_MESSAGES = fileURLToPath(new URL('../../corpus/brand-messages', import.meta.url))
/** Messages that judge the whole and are never fitted on. */
export const BRAND_JUDGING = fileURLToPath(new URL('../../corpus/brand-judging', import.meta.url))
const BRANDS = new URL('../../config/brands.yaml', import.meta.url)

/** Who sends a message of the corpus. */
export type SenderOfCorpus = 'own' | 'platform' | 'mobile' | 'landline' | 'overseas' | 'unfiled'

/** `fraud` and `illicit` claim no name. */
const KINDS = ['lawful', 'forged', 'fraud', 'illicit'] as const
export type KindOfCorpus = (typeof KINDS)[number]

/** One labelled message of corpus/brand-messages or corpus/brand-judging. */
export interface BrandMessage {
  readonly writer: string
  readonly kind: KindOfCorpus
  readonly sender: SenderOfCorpus
  /** As the writer names it; `-`: none. */
  readonly brand: string
  readonly message: AnalysedMessage
}

export interface BrandCorpus {
  readonly writers: readonly string[]
  readonly messages: readonly BrandMessage[]
  /** What an operator with a complete registry has: every lawful signature on the ports that send it. */
  readonly filed: Registry
  /** The shipped brand list alone. */
  readonly shipped: Registry
}

const NOON = Date.UTC(2026, 4, 12, 4)

/** Reads the corpus, scores its texts, and files the signatures of its lawful senders. */
export function readBrandCorpus(classifier: Classifier, folder = BRAND_MESSAGES): BrandCorpus {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.tsv'))
    .sort()
  const rows = files.flatMap((name) => rowsOf(join(folder, name)))
  const shippedBrands = (parse(readFileSync(BRANDS, 'utf8')) as { brands: Brand[] }).brands
  const shipped = buildRegistry({ brands: [], signatures: [], ports: [], shippedBrands, hash: 'shipped' })
  const drafts = rows.map((row, index) => draftOf(row, index, shipped))
  const signatures = signaturesOf(drafts, shipped)
  const filed = buildRegistry({ brands: [], signatures, ports: [], shippedBrands, hash: 'filed' })
  const scored = classify(
    drafts.map(({ extracted }) => extracted),
    classifier,
  )
  return {
    writers: files.map((name) => basename(name, '.tsv')),
    messages: drafts.map(({ row }, index) => ({ ...row, message: scored[index]! })),
    filed,
    shipped,
  }
}

/** Texts as messages of one sender, scored. */
export function analysedTexts(
  texts: readonly string[],
  from: string,
  classifier: Classifier,
): AnalysedMessage[] {
  const extracted = texts.map((text, offset) => {
    const value = Buffer.from(text)
    const record = { value, id: `t${offset}`, ts: NOON, from, to: '13900001111', text, blocked: false }
    const position = { topic: 'texts', partition: 0, offset }
    return readMessage(messageOf(record, position, NOON), () => '1.token')
  })
  return classify(extracted, classifier)
}

type Row = Omit<BrandMessage, 'message'> & { readonly text: string }

function rowsOf(file: string): Row[] {
  const writer = basename(file, '.tsv')
  const rows: Row[] = []
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue
    const [kind, sender, brand, text, ...more] = line.split('\t')
    if (!isKind(kind) || !sender || !brand || !text || more.length > 0)
      throw new Error(`${file}:${index + 1}: not kind, sender, brand and text`)
    rows.push({ writer, kind, sender: sender as SenderOfCorpus, brand, text })
  }
  return rows
}

function isKind(kind: string | undefined): kind is KindOfCorpus {
  return KINDS.some((one) => one === kind)
}

interface Draft {
  readonly row: Row
  readonly extracted: ReturnType<typeof readMessage>
}

function draftOf(row: Row, index: number, brands: Registry): Draft {
  const record = {
    value: Buffer.from(row.text),
    id: `${row.writer}-${index}`,
    ts: NOON,
    from: numberOf(row, index, brands),
    to: '13900001111',
    text: row.text,
    blocked: false,
  }
  const position = { topic: 'corpus', partition: 0, offset: index }
  return { row, extracted: readMessage(messageOf(record, position, NOON), () => '1.token') }
}

/** The number that sends a message: an own port or short number of the brand, or one of the kind. */
function numberOf({ sender, brand }: Row, index: number, brands: Registry): string {
  const digits = String(10_000_000 + ((index * 7_919) % 89_999_999))
  if (sender === 'mobile') return `138${digits}`
  if (sender === 'landline') return `021${digits}`
  if (sender === 'overseas') return `8526${digits.slice(1)}`
  if (sender === 'unfiled') return `10680${digits}`
  if (sender === 'platform') return `10655${digits}`
  const short = brands.brandByName(brand.toLowerCase())?.hotlines.find((number) => number.length <= 6)
  return short !== undefined && index % 2 === 0 ? short : `10690${digits}`
}

/** One row a lawful signature, with the ports that send it. */
function signaturesOf(drafts: readonly Draft[], brands: Registry): SignatureRow[] {
  const ports = new Map<string, Set<string>>()
  const brandOf = new Map<string, string>()
  for (const { row, extracted } of drafts) {
    if (row.kind !== 'lawful' || (row.sender !== 'own' && row.sender !== 'platform')) continue
    const name = extracted.signature?.name ?? row.brand
    const known = ports.get(name) ?? new Set<string>()
    ports.set(name, known.add(extracted.from))
    const brand = brands.brandByName(row.brand.toLowerCase()) ?? brands.brandByName(name.toLowerCase())
    if (brand) brandOf.set(name, brand.id)
  }
  return [...ports].map(([name, known]) => {
    const brand = brandOf.get(name)
    return {
      name,
      ...(brand === undefined ? {} : { brand }),
      consent: 'unless-refused' as const,
      campaigns: [],
      filings: [{ ports: [...known], status: 'filed' as const }],
    }
  })
}
