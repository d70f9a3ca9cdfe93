import type { ExtractedMessage } from '../../detection/classify.ts'
import { coversPort } from '../../domain/filing.ts'
import { given } from '../../domain/given.ts'
import type { Registry } from '../../domain/registry.ts'
import { iso } from '../../domain/time.ts'
import type { Versions } from './decisions.ts'
import type { Lacks } from './words.ts'

export interface FilingEntry {
  readonly sp?: string
  readonly carrier?: string
  readonly ports: readonly string[]
  readonly scope?: readonly string[]
  readonly status: string
  readonly from?: string
  readonly to?: string
  /** Whether one of its ports covers that of the message. */
  readonly coversPort: boolean
  /** Whether it was in effect at the time of the message, for its carrier and enterprise. */
  readonly inForce: boolean
}

export interface RegistryEntry {
  readonly hash: string
  /** Whether this is the registry version that the message was judged with; absent if unknown. */
  readonly sameAsThen?: boolean
  readonly signature?: { readonly name: string; readonly brand?: string; readonly consent: string }
  /** Filings that cover the port first, at most 20. */
  readonly filings: readonly FilingEntry[]
  readonly port?: { readonly port: string; readonly sp?: string; readonly sharedBy: number }
}

const SHOWN_FILINGS = 20

/** What the registry contains about the sender of a message. */
export function registryEntry(
  message: ExtractedMessage,
  registry: Registry,
  versions: Versions | undefined,
  lacks: Lacks,
): RegistryEntry {
  const { signature, from, ts, record } = message
  const about = { message: message.id }
  const row = signature && registry.signature(signature.key)
  const at = { ts, ...given({ carrier: record.carrier, sp: record.sp }) }
  const valid = new Set(row && registry.filings(row, at))
  const filings = (row?.filings ?? []).map((filing): FilingEntry => {
    return {
      ...given({ sp: filing.sp, carrier: filing.carrier, scope: filing.scope }),
      ports: filing.ports,
      status: filing.status,
      ...given({
        from: filing.from === undefined ? undefined : iso(filing.from),
        to: filing.to === undefined ? undefined : iso(filing.to),
      }),
      coversPort: coversPort(filing, from),
      inForce: valid.has(filing),
    }
  })
  const weight = (f: FilingEntry) => (f.coversPort ? 2 : 0) + (f.inForce ? 1 : 0)
  if (signature && !row) lacks('unfiled', about)
  else if (row && !filings.some((f) => f.coversPort && f.inForce)) lacks('noFiling', about)
  const sameAsThen = versions && versions.registry === registry.hash
  if (sameAsThen === undefined) lacks('registryUnknown', about)
  else if (!sameAsThen) lacks('registryChanged', { ...about, before: versions!.registry, now: registry.hash })
  const port = registry.port(from)
  return {
    hash: registry.hash,
    ...given({
      sameAsThen,
      signature: row ? { name: row.name, ...given({ brand: row.brand }), consent: row.consent } : undefined,
    }),
    filings: filings.sort((a, b) => weight(b) - weight(a)).slice(0, SHOWN_FILINGS),
    ...given({
      port: port ? { port: port.port, ...given({ sp: port.sp }), sharedBy: port.sharedBy } : undefined,
    }),
  }
}

/** Who submitted a message: the enterprise in its record, or else the holder of the port's filing. */
export function submitterOf(
  message: ExtractedMessage,
  registry: RegistryEntry | undefined,
): { readonly sp?: string; readonly spBy?: 'record' | 'filing' | 'port' } {
  const { sp } = message.record
  if (sp !== undefined) return { sp, spBy: 'record' }
  const filed = registry?.filings.find((f) => f.coversPort && f.inForce)?.sp
  if (filed !== undefined) return { sp: filed, spBy: 'filing' }
  const port = registry?.port?.sp
  return port === undefined ? {} : { sp: port, spBy: 'port' }
}
