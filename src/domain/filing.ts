import type { AnalysedMessage } from './message.ts'
import { type Filing, portMatches, type Registry, type SignatureRow } from './registry.ts'

/** The fields of a message that decide whether a filing applies: time, carrier, enterprise. */
export function filedAt({ ts, record }: AnalysedMessage): { ts: number; carrier?: string; sp?: string } {
  return {
    ts,
    ...(record.carrier === undefined ? {} : { carrier: record.carrier }),
    ...(record.sp === undefined ? {} : { sp: record.sp }),
  }
}

/** Whether a filing is in force at a time, for the carrier and the enterprise if they are known. */
export function isInForce(filing: Filing, ts: number, carrier?: string, sp?: string): boolean {
  return (
    filing.status === 'filed' &&
    (filing.from === undefined || filing.from <= ts) &&
    (filing.to === undefined || ts < filing.to) &&
    (filing.carrier === undefined || carrier === undefined || filing.carrier === carrier) &&
    (filing.sp === undefined || sp === undefined || filing.sp === sp)
  )
}

/** A filing without ports covers every port. */
export function coversPort(filing: Filing, port: string): boolean {
  if (filing.ports.length === 0) return true
  for (const pattern of filing.ports) if (portMatches(pattern, port)) return true
  return false
}

export function filingsHere(row: SignatureRow, { ts, from, record }: AnalysedMessage): readonly Filing[] {
  return row.filings.filter(
    (filing) => isInForce(filing, ts, record.carrier, record.sp) && coversPort(filing, from),
  )
}

/** Whether `filingsHere` is not empty. Called for every message, so it allocates nothing. */
export function hasFilingHere(row: SignatureRow, { ts, from, record }: AnalysedMessage): boolean {
  for (const filing of row.filings) {
    if (isInForce(filing, ts, record.carrier, record.sp) && coversPort(filing, from)) return true
  }
  return false
}

/** Whether the message carries a signature that is filed for its port. */
export function isFiledHere(message: AnalysedMessage, registry: Registry): boolean {
  const row = message.signature && registry.signature(message.signature.key)
  return row !== undefined && hasFilingHere(row, message)
}
