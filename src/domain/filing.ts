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

/** Whether a filing holds at a time, for the carrier and the enterprise where they are known. */
export function isInForce(filing: Filing, ts: number, carrier?: string, sp?: string): boolean {
  return (
    filing.status === 'filed' &&
    (filing.from === undefined || filing.from <= ts) &&
    (filing.to === undefined || ts < filing.to) &&
    (filing.carrier === undefined || carrier === undefined || filing.carrier === carrier) &&
    (filing.sp === undefined || sp === undefined || filing.sp === sp)
  )
}

/** A filing without ports is not limited to any. */
export function coversPort(filing: Filing, port: string): boolean {
  if (filing.ports.length === 0) return true
  for (const pattern of filing.ports) if (portMatches(pattern, port)) return true
  return false
}

/** Filings of the signature in force for the message that cover its port. */
export function filingsHere(row: SignatureRow, { ts, from, record }: AnalysedMessage): readonly Filing[] {
  return row.filings.filter(
    (filing) => isInForce(filing, ts, record.carrier, record.sp) && coversPort(filing, from),
  )
}

/** Whether there are any such filings: asked of every message, so nothing is made for the answer. */
export function hasFilingHere(row: SignatureRow, { ts, from, record }: AnalysedMessage): boolean {
  for (const filing of row.filings) {
    if (isInForce(filing, ts, record.carrier, record.sp) && coversPort(filing, from)) return true
  }
  return false
}

/** Whether the message stands under its own signature, on a port where that may be sent. */
export function isFiledHere(message: AnalysedMessage, registry: Registry): boolean {
  const row = message.signature && registry.signature(message.signature.key)
  return row !== undefined && hasFilingHere(row, message)
}
