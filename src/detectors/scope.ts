import type { MessageDetector } from '../domain/detector.ts'
import { filingsHere } from '../domain/filing.ts'
import type { Label } from '../domain/labels.ts'

/**
 * SCOPE_EXPANDED: commercial text where it was not filed: under a signature none of whose filings for this port allow
 * the label, on a port that allows other labels only, or inside a one-time-password message. Off without signature rows.
 *
 * Evidence: `kind` (signature, port, otp), `label`, `scope` (labels filed; absent for otp), and `signature` or `port`.
 */
export const scope: MessageDetector = {
  codes: ['SCOPE_EXPANDED'],
  detect(message, context) {
    const { registry } = context
    if (!registry.hasSignatures || !message.commercial) return []
    const { label, signature } = message
    const expanded = (kind: string, evidence: Readonly<Record<string, unknown>>) => [
      { code: 'SCOPE_EXPANDED' as const, score: 1, evidence: { kind, label, ...evidence } },
    ]
    const row = signature && registry.signature(signature.key)
    if (row) {
      const here = filingsHere(row, message, registry)
      const scopes = here.map((filing) => filing.scope)
      if (here.length > 0 && scopes.every((labels) => labels !== undefined && !labels.includes(label))) {
        const allowed = [...new Set(scopes.flatMap((labels) => labels as readonly Label[]))]
        return expanded('signature', { scope: allowed, signature: signature.name })
      }
    }
    const port = registry.port(message.from)
    if (port?.scope && !port.scope.includes(label)) {
      return expanded('port', { scope: port.scope, port: message.from })
    }
    return message.otp ? expanded('otp', {}) : []
  },
}
