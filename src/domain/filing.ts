import type { AnalysedMessage } from './message.ts'
import { type Filing, portMatches, type Registry, type SignatureRow } from './registry.ts'

/** What a filing is asked about a message: in force when, on which carrier, for which enterprise. */
export function filedAt({ ts, record }: AnalysedMessage): { ts: number; carrier?: string; sp?: string } {
  return {
    ts,
    ...(record.carrier === undefined ? {} : { carrier: record.carrier }),
    ...(record.sp === undefined ? {} : { sp: record.sp }),
  }
}

/** A filing without ports is not limited to any. */
export function coversPort(filing: Filing, port: string): boolean {
  return filing.ports.length === 0 || filing.ports.some((pattern) => portMatches(pattern, port))
}

/** Filings of the signature in force for the message that cover its port. */
export function filingsHere(
  row: SignatureRow,
  message: AnalysedMessage,
  registry: Registry,
): readonly Filing[] {
  return registry.filings(row, filedAt(message)).filter((filing) => coversPort(filing, message.from))
}

/** Whether the message stands under its own signature, on a port where that may be sent. */
export function isFiledHere(message: AnalysedMessage, registry: Registry): boolean {
  const row = message.signature && registry.signature(message.signature.key)
  return row !== undefined && filingsHere(row, message, registry).length > 0
}
