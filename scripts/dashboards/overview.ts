import { BLOCKER } from './overview-blocker.ts'
import { INPUT, SPEED } from './overview-speed.ts'
import { ARCHIVE, PROCESS, STATES } from './overview-state.ts'
import { ALERTS, GLANCE, TRAFFIC } from './overview-traffic.ts'
import { SHADOW, VERSIONS } from './overview-versions.ts'
import type { DashboardSpec } from './spec.ts'
import { DATASOURCE, INSTANCE, JOB } from './variables.ts'

export const OVERVIEW: DashboardSpec = {
  name: 'overview',
  title: ['sigwatch overview', 'sigwatch 概览'],
  says: [
    'Traffic, alerts and health of sigwatch, for analysts and operators.',
    'sigwatch 的流量、告警与运行状况，供分析员和运维人员使用。',
  ],
  from: 'now-3h',
  refresh: '30s',
  variables: [DATASOURCE, JOB, INSTANCE],
  annotations: [
    {
      name: ['Loads', '加载'],
      color: 'purple',
      query: {
        expr: 'sum by (what) (changes(sigwatch_loads_total{job=~"$job", instance=~"$instance"}[1m])) > 0',
      },
      titleFormat: '{{what}} loaded or refused',
    },
  ],
  sections: [GLANCE, TRAFFIC, ALERTS, SPEED, INPUT, STATES, VERSIONS, SHADOW, ARCHIVE, BLOCKER, PROCESS],
}
