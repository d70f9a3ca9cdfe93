import { CODE_NAMES } from '../../domain/codes.ts'
import { CODES } from '../detectors/all.ts'
import { SHIPPED_HOURS } from '../detectors/quiet-hours.ts'
import { FESTIVALS } from './festivals.ts'
import type { PolicyFile } from './policy-file.ts'

/** The complete shipped policy: defaults for an operator's file. `config/policy.yaml` is generated from it. */
export const DEFAULT_POLICY: PolicyFile = {
  mode: 'enforce',
  codes: Object.fromEntries(
    CODE_NAMES.map((name) => {
      const { action, mode, weight, thresholds, limit } = CODES[name]
      const values = Object.entries(thresholds).map(([key, threshold]) => [key, threshold.default] as const)
      return [
        name,
        { action, mode, weight, thresholds: Object.fromEntries(values), ...(limit ? { limit } : {}) },
      ]
    }),
  ),
  periods: FESTIVALS,
  quietHours: SHIPPED_HOURS,
  escalate: { count: 3, recipients: 3, within: '10m' },
  exemptions: [],
  carriers: {},
}
