import type { MessageContext } from '../domain/detector.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import { type Filing, portMatches, type SignatureRow } from '../domain/registry.ts'

/** When, on which carrier and for which enterprise a filing must be in force to cover a message. */
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
  { registry }: MessageContext,
): readonly Filing[] {
  return registry.filings(row, filedAt(message)).filter((filing) => coversPort(filing, message.from))
}
