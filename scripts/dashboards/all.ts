import { BURSTS_AND_CAMPAIGNS } from './bursts.ts'
import { CASES } from './cases.ts'
import { COMPLAINTS } from './complaints.ts'
import { COMPLIANCE } from './compliance.ts'
import { FORGERIES } from './forgeries.ts'
import { OVERVIEW } from './overview.ts'
import { QUALITY } from './quality.ts'
import { SENDER } from './sender.ts'
import { SENDERS } from './senders.ts'
import type { DashboardSpec } from './spec.ts'

/** Every dashboard, in the order in which they are explained. */
export const DASHBOARDS: readonly DashboardSpec[] = [
  OVERVIEW,
  SENDERS,
  SENDER,
  FORGERIES,
  BURSTS_AND_CAMPAIGNS,
  COMPLIANCE,
  COMPLAINTS,
  QUALITY,
  CASES,
]
