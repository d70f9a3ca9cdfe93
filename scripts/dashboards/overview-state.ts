import type { Section } from './spec.ts'

export const STATES: Section = {
  id: 35,
  title: ['Rates, states and connections', '速率、状态与连接'],
  panels: [
    {
      id: 36,
      kind: 'timeseries',
      title: ['Rate stage, p50 and p99', '速率阶段 p50 与 p99'],
      says: ['One batch counted in Redis.', '在 Redis 中统计一批的用时。'],
      size: [8, 8],
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.5, sum by (le) (rate(sigwatch_stage_seconds_bucket{job=~"$job", instance=~"$instance", stage="rate"}[$__rate_interval])))',
          legend: 'p50',
        },
        {
          expr: 'histogram_quantile(0.99, sum by (le) (rate(sigwatch_stage_seconds_bucket{job=~"$job", instance=~"$instance", stage="rate"}[$__rate_interval])))',
          legend: 'p99',
        },
      ],
    },
    {
      id: 37,
      kind: 'timeseries',
      title: ['Degraded', '降级'],
      says: [
        '1 while Redis leaves a part of the work undone; the seconds and messages of it, and names and templates that were not counted by themselves, in the last hour.',
        'Redis 有部分工作未完成时为 1；以及最近一小时的降级秒数、短信数和未单独统计的名称与模板数。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'max by (instance) (sigwatch_features_degraded{job=~"$job", instance=~"$instance"})',
          legend: '{{instance}}',
        },
        {
          expr: 'sum(increase(sigwatch_features_degraded_seconds_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['seconds in 1 h', '1 小时内秒数'],
        },
        {
          expr: 'sum(increase(sigwatch_uncounted_messages_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['messages in 1 h', '1 小时内短信数'],
        },
        {
          expr: 'sum(increase(sigwatch_held_back_entities_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['entities held back in 1 h', '1 小时内未单独统计的对象'],
        },
      ],
    },
    {
      id: 38,
      kind: 'timeseries',
      title: ['Connections', '连接'],
      says: ['1 while the servers answer.', '服务器有应答时为 1。'],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'min by (service) (sigwatch_connection_up{job=~"$job", instance=~"$instance"})',
          legend: '{{service}}',
        },
        {
          expr: 'sum by (service) (increase(sigwatch_connection_losses_total{job=~"$job", instance=~"$instance"}[5m]))',
          legend: ['{{service}} losses in 5 min', '{{service}} 5 分钟内断开次数'],
        },
      ],
    },
    {
      id: 39,
      kind: 'timeseries',
      title: ['Outbox', '发件箱'],
      says: ['Events of states that wait for their acknowledgement.', '等待确认的状态事件。'],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'max by (job) (sigwatch_outbox_pending{job=~"$job", instance=~"$instance"})',
          legend: '{{job}}',
        },
      ],
    },
    {
      id: 40,
      kind: 'timeseries',
      title: ['Counting begun again', '重新计数'],
      says: [
        'Partitions whose log was recreated, losses of counts and consents in Redis, and calls that it refused, in an hour.',
        '一小时内日志重建的分区、Redis 丢失的计数与同意记录，以及它拒绝的调用。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (job) (increase(sigwatch_counting_resets_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: '{{job}}',
        },
        {
          expr: 'sum by (how) (increase(sigwatch_counts_lost_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['lost: {{how}}', '丢失：{{how}}'],
        },
        {
          expr: 'sum(increase(sigwatch_redis_refusals_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['refused by Redis', 'Redis 拒绝'],
        },
        {
          expr: 'sum(increase(sigwatch_ledger_losses_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['lost: consents', '丢失：同意记录'],
        },
        {
          expr: 'sum(increase(sigwatch_feedback_losses_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['lost: feedback', '丢失：反馈'],
        },
        {
          expr: 'max(sigwatch_redis_evicts{job=~"$job", instance=~"$instance"})',
          legend: ['drops keys', '会丢键'],
        },
      ],
    },
    {
      id: 41,
      kind: 'timeseries',
      title: ['Failures by error', '按错误的故障'],
      says: [
        'Failures that end the process or are a defect, in an hour.',
        '一小时内使进程结束或属于缺陷的故障。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (error) (increase(sigwatch_failures_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: '{{error}}',
        },
      ],
    },
    {
      id: 66,
      kind: 'timeseries',
      title: ['Logins at the desk', '工作台登录'],
      says: [
        'In an hour. Refused: a wrong token. Limited: not looked at, as too many came before.',
        '每小时。refused：令牌错误；limited：此前错误过多，未予验证。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (outcome) (increase(sigwatch_desk_logins_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: '{{outcome}}',
        },
      ],
    },
  ],
}

export const PROCESS: Section = {
  id: 48,
  title: ['Process', '进程'],
  panels: [
    {
      id: 49,
      kind: 'timeseries',
      title: ['CPU', 'CPU'],
      says: ['Cores in use; one is the most that the main thread takes.', '占用的核数；主线程最多一个。'],
      size: [6, 8],
      unit: 'short',
      queries: [
        {
          expr: 'rate(process_cpu_seconds_total{job=~"$job", instance=~"$instance"}[$__rate_interval])',
          legend: '{{instance}}',
        },
      ],
    },
    {
      id: 50,
      kind: 'timeseries',
      title: ['Memory', '内存'],
      says: ['Resident, and the heap in use.', '常驻内存与使用中的堆。'],
      size: [6, 8],
      unit: 'bytes',
      queries: [
        {
          expr: 'process_resident_memory_bytes{job=~"$job", instance=~"$instance"}',
          legend: ['{{instance}} resident', '{{instance}} 常驻'],
        },
        {
          expr: 'nodejs_heap_size_used_bytes{job=~"$job", instance=~"$instance"}',
          legend: ['{{instance}} heap', '{{instance}} 堆'],
        },
      ],
    },
    {
      id: 51,
      kind: 'timeseries',
      title: ['Event loop delay, p99', '事件循环延迟 p99'],
      says: [
        'How long a timer waits: long pauses delay heartbeats.',
        '定时器的等待时间：停顿过长会延误心跳。',
      ],
      size: [6, 8],
      unit: 's',
      queries: [
        {
          expr: 'nodejs_eventloop_lag_p99_seconds{job=~"$job", instance=~"$instance"}',
          legend: '{{instance}}',
        },
      ],
    },
    {
      id: 52,
      kind: 'timeseries',
      title: ['Garbage collection', '垃圾回收'],
      says: ['Seconds a second.', '每秒的秒数。'],
      size: [6, 8],
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum by (instance) (rate(nodejs_gc_duration_seconds_sum{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{instance}}',
        },
      ],
    },
  ],
}
