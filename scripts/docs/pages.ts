import { readFileSync, writeFileSync } from 'node:fs'
import { DASHBOARDS } from '../dashboards/all.ts'
import { writeDashboards } from '../dashboards/build.ts'
import { CONFIG_PAGE, renderConfig } from './config.ts'
import { ERRORS_PAGE, renderErrors } from './errors.ts'
import { FAULTS_PAGE, renderFaults } from './faults.ts'
import { METRICS_PAGE, renderMetrics } from './metrics.ts'
import { POLICY_FILE, renderPolicy } from './policy.ts'
import { REASONS_PAGE, renderReasons } from './reasons.ts'
import { RULES_TABLE, renderRules } from './rules.ts'
import { RULES_SCHEMA, renderRulesSchema } from './rules-schema.ts'
import { EVIDENCE_SCHEMA, renderEvidenceSchema, SCHEMAS_WITH_CODES, withCodes } from './schemas.ts'
import { renderSigns, SIGNS_PAGE } from './signs.ts'
import { renderWords, WORD_FILES } from './words.ts'

/** Every generated file, and what it must hold: unit tests fail when one is stale. */
export const PAGES: readonly (readonly [string, () => string])[] = [
  [CONFIG_PAGE, renderConfig],
  [REASONS_PAGE, renderReasons],
  [ERRORS_PAGE, renderErrors],
  [FAULTS_PAGE, renderFaults],
  [METRICS_PAGE, renderMetrics],
  [POLICY_FILE, renderPolicy],
  [RULES_TABLE, renderRules],
  [RULES_SCHEMA, renderRulesSchema],
  [SIGNS_PAGE, renderSigns],
  [EVIDENCE_SCHEMA, renderEvidenceSchema],
  ...WORD_FILES.map(([file, table]) => [table, () => renderWords(file)] as const),
  ...SCHEMAS_WITH_CODES.map((file) => [file, () => withCodes(readFileSync(file, 'utf8'))] as const),
]

/** Writes them and the dashboards. */
export function writePages(): void {
  for (const [file, render] of PAGES) writeFileSync(file, render())
  writeDashboards(DASHBOARDS)
}
