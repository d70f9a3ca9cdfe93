import type { Alert } from '../domain/alert.ts'
import type { Brand, PortRow, SignatureRow } from '../domain/registry.ts'

interface Said<K extends string, T> {
  readonly kind: K
  readonly key: string
  /** Since when it has been so. */
  readonly at: Date
  /** When it changed next; null: it has not. */
  readonly changed_at: Date | null
  /** Null: the row was deleted. */
  readonly content: T | null
}

/** A row of the registry topic as it was at a time. */
export type RegistryRowThen = Said<'signature', SignatureRow> | Said<'port', PortRow> | Said<'brand', Brand>

type Ask = <T extends object>(sql: string, values: readonly unknown[]) => Promise<T[]>

const THEN = `SELECT DISTINCT ON (kind, key) kind, key, at, content,
    (SELECT min(at) FROM registry_row next WHERE next.kind = r.kind AND next.key = r.key AND next.at > $1) AS changed_at
  FROM registry_row r WHERE at <= $1 AND kind = $2 AND key = ANY ($3) ORDER BY kind, key, at DESC`

/**
 * What the registry topic said, at the time of an alert, of its signature, of the longest prefix of its port, and of the
 * brands that its reasons or the signature name.
 */
export async function registryThen(ask: Ask, { time, data }: Alert): Promise<RegistryRowThen[]> {
  const { message, match, target, reasons } = data
  const [name, port] = [
    message?.signature ?? match?.signature ?? (target.kind === 'signature' ? target.id : undefined),
    message?.from ?? (target.kind === 'port' ? target.id : undefined),
  ]
  const then = <K extends RegistryRowThen['kind']>(kind: K, keys: readonly string[]) =>
    keys.length === 0
      ? Promise.resolve([])
      : ask<RegistryRowThen & { readonly kind: K }>(THEN, [new Date(time), kind, keys])
  const [signatures, ports] = await Promise.all([
    then('signature', name === undefined ? [] : [name]),
    then('port', port === undefined ? [] : patternsOf(port)),
  ])
  const [longest] = ports
    .filter(({ content }) => content !== null)
    .sort((a, b) => b.key.length - a.key.length)
  const brands = reasons.flatMap(({ evidence }) => (evidence as { brand?: unknown }).brand ?? [])
  const own = signatures.flatMap(({ content }) => content?.brand ?? [])
  const ids = [...brands, ...own].filter((id) => typeof id === 'string')
  return [...signatures, ...(longest ? [longest] : []), ...(await then('brand', [...new Set(ids)]))]
}

/** The keys that cover a port: itself, and its prefixes with an asterisk. */
function patternsOf(port: string): string[] {
  return [port, ...Array.from(port, (_, i) => `${port.slice(0, i + 1)}*`)]
}
