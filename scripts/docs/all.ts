import { writeFileSync } from 'node:fs'
import { CONFIG_PAGE, renderConfig } from './config.ts'
import { ERRORS_PAGE, renderErrors } from './errors.ts'
import { METRICS_PAGE, renderMetrics } from './metrics.ts'
import { REASONS_PAGE, renderReasons } from './reasons.ts'

/** Every generated page, and what it must hold: unit tests fail when one is stale. */
const PAGES: readonly (readonly [string, () => string])[] = [
  [CONFIG_PAGE, renderConfig],
  [REASONS_PAGE, renderReasons],
  [ERRORS_PAGE, renderErrors],
  [METRICS_PAGE, renderMetrics],
]

for (const [page, render] of PAGES) writeFileSync(page, render())
