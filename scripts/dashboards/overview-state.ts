import { chart } from './presets.ts'
import { each, inAnHour, inFiveMinutes, max, min, quantiles, rate } from './promql.ts'
import { section } from './spec.ts'

export const STATES = section(35, 'Rates, states and connections', '速率、状态与连接', [
  chart.seconds(8, {
    en: ['Rate stage, p50 and p99', 'One batch counted in Redis.'],
    zh: ['速率阶段 p50 与 p99', '在 Redis 中统计一批的用时。'],
    query: quantiles('sigwatch_stage_seconds{stage="rate"}'),
  }),
  chart.count(8, {
    en: [
      'Degraded',
      '1 while Redis leaves a part of the work undone; the seconds and messages of it, and names and templates that were not counted by themselves, in the last hour.',
    ],
    zh: [
      '降级',
      'Redis 有部分工作未完成时为 1；以及最近一小时的降级秒数、短信数和未单独统计的名称与模板数。',
    ],
    query: [
      max('sigwatch_features_degraded', 'instance'),
      inAnHour('sigwatch_features_degraded_seconds_total', undefined, ['seconds in 1 h', '1 小时内秒数']),
      inAnHour('sigwatch_uncounted_messages_total', undefined, ['messages in 1 h', '1 小时内短信数']),
      inAnHour('sigwatch_held_back_entities_total', undefined, [
        'entities held back in 1 h',
        '1 小时内未单独统计的对象',
      ]),
    ],
  }),
  chart.count(8, {
    en: ['Connections', '1 while the servers answer; certificates on disk that are refused.'],
    zh: ['连接', '服务器有应答时为 1；磁盘上被拒用的证书。'],
    query: [
      min('sigwatch_connection_up', 'service'),
      max('sigwatch_certificates_refused', 'service', [
        '{{service}} certificates refused',
        '{{service}} 证书被拒用',
      ]),
      inFiveMinutes('sigwatch_connection_losses_total', 'service', [
        '{{service}} losses in 5 min',
        '{{service}} 5 分钟内断开次数',
      ]),
    ],
  }),
  chart.count(8, {
    en: ['Outbox', 'Events of states that wait for their acknowledgement.'],
    zh: ['发件箱', '等待确认的状态事件。'],
    query: max('sigwatch_outbox_pending', 'job'),
  }),
  chart.count(8, {
    en: [
      'Counting begun again',
      'Partitions whose log was recreated, losses of counts and consents in Redis, and calls that it refused, in an hour.',
    ],
    zh: ['重新计数', '一小时内日志重建的分区、Redis 丢失的计数与同意记录，以及它拒绝的调用。'],
    query: [
      inAnHour('sigwatch_counting_resets_total', 'job'),
      inAnHour('sigwatch_counts_lost_total', 'how', ['lost: {{how}}', '丢失：{{how}}']),
      inAnHour('sigwatch_redis_refusals_total', undefined, ['refused by Redis', 'Redis 拒绝']),
      inAnHour('sigwatch_ledger_losses_total', undefined, ['lost: consents', '丢失：同意记录']),
      inAnHour('sigwatch_feedback_losses_total', undefined, ['lost: feedback', '丢失：反馈']),
      max('sigwatch_redis_evicts', undefined, ['drops keys', '会丢键']),
    ],
  }),
  chart.count(8, {
    en: [
      'Failures by error',
      'Failures per hour that end the process or a part of it or show a defect, and outputs that their topic refused.',
    ],
    zh: ['按错误的故障', '一小时内使进程或其一部分结束、或属于缺陷的故障，以及被主题拒收的输出。'],
    query: [
      inAnHour('sigwatch_failures_total', 'error'),
      inAnHour('sigwatch_outputs_refused_total', 'channel', ['refused: {{channel}}', '拒收：{{channel}}']),
    ],
  }),
  chart.count(8, {
    id: 66,
    en: [
      'Logins at the desk',
      'In an hour. Refused: a wrong token. Limited: not looked at, as too many came before.',
    ],
    zh: ['工作台登录', '每小时。refused：令牌错误；limited：此前错误过多，未予验证。'],
    query: inAnHour('sigwatch_desk_logins_total', 'outcome'),
  }),
])

export const PROCESS = section(48, 'Process', '进程', [
  chart.count(6, {
    en: ['CPU', 'Cores in use; the main thread uses at most one.'],
    zh: ['CPU', '占用的核数；主线程最多一个。'],
    query: {
      expr: 'rate(process_cpu_seconds_total{job=~"$job", instance=~"$instance"}[$__rate_interval])',
      legend: '{{instance}}',
    },
  }),
  chart.bytes(6, {
    en: ['Memory', 'Resident, and the heap in use.'],
    zh: ['内存', '常驻内存与使用中的堆。'],
    query: [
      each('process_resident_memory_bytes', ['{{instance}} resident', '{{instance}} 常驻']),
      each('nodejs_heap_size_used_bytes', ['{{instance}} heap', '{{instance}} 堆']),
    ],
  }),
  chart.seconds(6, {
    en: ['Event loop delay, p99', 'How long a timer waits: long pauses delay heartbeats.'],
    zh: ['事件循环延迟 p99', '定时器的等待时间：停顿过长会延误心跳。'],
    query: each('nodejs_eventloop_lag_p99_seconds', '{{instance}}'),
  }),
  chart.share(6, {
    en: ['Garbage collection', 'Seconds a second.'],
    zh: ['垃圾回收', '每秒的秒数。'],
    query: rate('nodejs_gc_duration_seconds_sum', 'instance'),
  }),
])

export const ARCHIVE = section(80, 'Archive', '归档', [
  chart.count(8, {
    en: [
      'Rows archived',
      'Rows a second, and records that were left out as they are past the retention or their person was erased.',
    ],
    zh: ['归档的行', '每秒写入的行，以及因超过保留期或当事人数据已删除而略去的记录。'],
    query: [
      rate('sigwatch_archived_rows_total', undefined, ['rows', '行']),
      rate('sigwatch_archive_past_retention_total', undefined, ['past the retention', '超过保留期']),
      rate('sigwatch_archive_erased_total', undefined, ['of erased persons', '当事人已删除']),
    ],
  }),
  chart.count(8, {
    en: [
      'Rows that were not placed',
      'Records refused in an hour, by reason, and rows that are kept aside: those that are ahead of the clock, or whose day could not be made, are placed later.',
    ],
    zh: ['未能归档的行', '每小时按原因拒收的记录，以及暂存的行：时间超前或当日分区未能建立的行稍后写入。'],
    query: [
      inAnHour('sigwatch_archive_refused_total', 'reason'),
      max('sigwatch_archive_refused_rows', undefined, ['kept aside', '暂存']),
    ],
  }),
  chart.count(8, {
    en: [
      'Days of the archive',
      'Days dropped, days that are due and were kept because the clocks differ, and days that could not be made or dropped because of a lock.',
    ],
    zh: ['归档的日期', '已删除的日期、因时钟不一致而保留的到期日期，以及因锁而未能建立或删除的日期。'],
    query: [
      {
        expr: 'sum(increase(sigwatch_archive_expired_total{job=~"$job", instance=~"$instance"}[1d]))',
        legend: ['dropped in a day', '一天内删除'],
      },
      max('sigwatch_archive_expiry_held', undefined, ['due and kept', '到期未删']),
      inAnHour('sigwatch_archive_ddl_deferred_total', 'what', [
        '{{what}} deferred in 1 h',
        '1 小时内推迟 {{what}}',
      ]),
    ],
  }),
])
