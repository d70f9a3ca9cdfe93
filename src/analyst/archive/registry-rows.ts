import type { Alert } from '../../domain/alert.ts'
import type { Brand, PortRow, SignatureRow } from '../../domain/registry.ts'
import { signatureKey } from '../../text/signature.ts'
import type { Ask } from './ask.ts'

interface Said<K extends string, T> {
  readonly kind: K
  readonly key: string
  /** When this content came into effect. */
  readonly at: Date
  /** Time of the next change; null if there is none. */
  readonly changed_at: Date | null
  /** null if the row was deleted. */
  readonly content: T | null
}

/** A row of the registry topic as of a given time. */
export type RegistryRowThen = Said<'signature', SignatureRow> | Said<'port', PortRow> | Said<'brand', Brand>

/** `column` is compared with the keys. A signature has one row per filing. */
const then = (column: 'key' | 'signature_key') => `SELECT DISTINCT ON (kind, key) kind, key, at, content,
    (SELECT min(at) FROM registry_row next WHERE next.kind = r.kind AND next.key = r.key AND next.at > $1) AS changed_at
  FROM registry_row r WHERE at <= $1 AND kind = $2 AND ${column} = ANY ($3) ORDER BY kind, key, at DESC`

export interface RegistryThen {
  readonly rows: readonly RegistryRowThen[]
  /** Whether the alert shows the sender's number only masked, so that its row cannot be identified. */
  readonly portIsMasked: boolean
}

/**
 * Registry rows as of the alert's time: of its signature, its port (exact, or else the longest prefix), and the brands named by
 * its reasons or the signature.
 */
export async function registryThen(ask: Ask, { time, data }: Alert): Promise<RegistryThen> {
  const { message, match, target, reasons } = data
  const name = message?.signature ?? match?.signature ?? (target.kind === 'signature' ? target.id : undefined)
  const shown = portOf(data)
  const port = shown?.includes('*') ? ((await portBehind(ask, shown, name, time)) ?? shown) : shown
  const portIsMasked = port?.includes('*') === true
  const rowsOf = <K extends RegistryRowThen['kind']>(kind: K, keys: readonly string[]) => {
    const sql = then(kind === 'signature' ? 'signature_key' : 'key')
    return keys.length === 0
      ? Promise.resolve([])
      : ask<RegistryRowThen & { readonly kind: K }>(sql, [new Date(time), kind, keys])
  }
  const key = name === undefined ? '' : signatureKey(name)
  const [signatures, ports] = await Promise.all([
    rowsOf('signature', key === '' ? [] : [key]),
    rowsOf('port', port === undefined || portIsMasked ? [] : patternsOf(port)),
  ])
  const filed = ports.filter(({ content }) => content !== null).sort((a, b) => b.key.length - a.key.length)
  const own = filed.find((row) => row.key === port) ?? filed[0]
  const brands = reasons.flatMap(({ evidence }) => (evidence as { brand?: unknown }).brand ?? [])
  const filedBrands = signatures.flatMap(({ content }) => content?.brand ?? [])
  const ids = [...brands, ...filedBrands].filter((id) => typeof id === 'string')
  return {
    rows: [...signatures, ...(own ? [own] : []), ...(await rowsOf('brand', [...new Set(ids)]))],
    portIsMasked,
  }
}

/** The only port of the signature in that hour that fits the mask; undefined if there is none or several. */
async function portBehind(
  ask: Ask,
  mask: string,
  signature: string | undefined,
  time: string,
): Promise<string | undefined> {
  if (signature === undefined) return undefined
  const found = await ask<{ port: string }>(
    `SELECT DISTINCT port FROM sender_hour WHERE signature = $1 AND port LIKE $2
      AND ts >= date_trunc('hour', $3::timestamptz - interval '1 hour', 'UTC') AND ts <= $3 LIMIT 2`,
    [signature, mask.replace(/[\\%_]/g, '\\$&').replaceAll('*', '_'), new Date(time)],
  )
  return found.length === 1 ? found[0]!.port : undefined
}

/** The sender's port, in clear if any part of the alert has it in clear. */
function portOf({ message, match, target }: Alert['data']): string | undefined {
  if (target.kind === 'port') return target.id
  if (target.kind === 'sender') return target.id.slice(target.id.lastIndexOf('@') + 1)
  const [only, ...others] = match?.ports ?? []
  if (message?.from.includes('*') && only !== undefined && others.length === 0) return only
  return message?.from
}

/** The keys that cover a port: the port itself and its prefixes with an asterisk. */
export function patternsOf(port: string): string[] {
  return [port, ...Array.from(port, (_, i) => `${port.slice(0, i + 1)}*`)]
}
