import type { Section } from './spec.ts'

export const SPEED: Section = {
  id: 21,
  title: ['Speed', '速度'],
  panels: [
    {
      id: 22,
      kind: 'timeseries',
      title: ['Alert latency', '告警延迟'],
      says: [
        "From the broker's append of a message to the acknowledgement of its alert.",
        '从短信写入消息队列到其告警被确认。',
      ],
      size: [8, 8],
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.5, sum by (le) (rate(sigwatch_alert_latency_seconds_bucket{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
          legend: 'p50',
        },
        {
          expr: 'histogram_quantile(0.99, sum by (le) (rate(sigwatch_alert_latency_seconds_bucket{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
          legend: 'p99',
        },
      ],
    },
    {
      id: 23,
      kind: 'timeseries',
      title: ['Time of a batch by stage, p99', '各阶段每批用时 p99'],
      says: [
        'Where the time goes; rate waits for Redis, sink for the broker.',
        '时间用在哪里；rate 等 Redis，sink 等消息队列。',
      ],
      size: [8, 8],
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.99, sum by (stage, le) (rate(sigwatch_stage_seconds_bucket{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
          legend: '{{stage}}',
        },
      ],
    },
    {
      id: 24,
      kind: 'timeseries',
      title: ['Share of time by stage', '各阶段占时'],
      says: [
        'Seconds spent in a stage each second, mean of the instances. Near 1 in sum: the core is full.',
        '每秒花在各阶段的秒数，实例平均。总和接近 1：一个核已满。',
      ],
      size: [8, 8],
      unit: 'percentunit',
      stacked: true,
      queries: [
        {
          expr: 'avg by (stage) (sum by (job, instance, stage) (rate(sigwatch_stage_seconds_sum{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
          legend: '{{stage}}',
        },
      ],
    },
    {
      id: 25,
      kind: 'timeseries',
      title: ['Records by instance', '各实例的记录数'],
      says: ['Input records worked on.', '处理的输入记录。'],
      size: [8, 8],
      unit: 'ops',
      stacked: true,
      queries: [
        {
          expr: 'sum by (instance) (rate(sigwatch_records_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{instance}}',
        },
      ],
    },
    {
      id: 26,
      kind: 'timeseries',
      title: ['Input bytes', '输入字节'],
      says: ['Bytes of the input records.', '输入记录的字节数。'],
      size: [8, 8],
      unit: 'Bps',
      queries: [
        {
          expr: 'sum by (instance) (rate(sigwatch_input_bytes_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{instance}}',
        },
      ],
    },
    {
      id: 27,
      kind: 'timeseries',
      title: ['Records a batch', '每批记录数'],
      says: ['Small batches: little traffic. Full batches: at the limit.', '批小：流量少。批满：到达上限。'],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (instance) (rate(sigwatch_records_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) / (sum by (instance) (rate(sigwatch_batches_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) > 0)',
          legend: '{{instance}}',
        },
      ],
    },
    {
      id: 56,
      kind: 'timeseries',
      title: ['Checks over HTTP', 'HTTP 检查'],
      says: [
        'Requests for verdicts by how they were answered, and records that were judged; 429 is more than an instance takes.',
        '按答复状态的判定请求，以及判定的记录数；429 表示超过实例能力。',
      ],
      size: [12, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (status) (rate(sigwatch_check_seconds_count{job=~"$job", instance=~"$instance"}[$__rate_interval])) > 0',
          legend: '{{status}}',
        },
        {
          expr: 'sum(rate(sigwatch_checked_records_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: ['records', '记录'],
        },
      ],
    },
    {
      id: 57,
      kind: 'timeseries',
      title: ['Time of a check over HTTP', 'HTTP 检查用时'],
      says: [
        'From the head of a request to its answer; a batch of the traffic is worked on in between.',
        '从请求头到答复；其间会处理一批正常流量。',
      ],
      size: [12, 8],
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.5, sum by (le) (rate(sigwatch_check_seconds_bucket{job=~"$job", instance=~"$instance", status="200"}[$__rate_interval])))',
          legend: 'p50',
        },
        {
          expr: 'histogram_quantile(0.99, sum by (le) (rate(sigwatch_check_seconds_bucket{job=~"$job", instance=~"$instance", status="200"}[$__rate_interval])))',
          legend: 'p99',
        },
      ],
    },
  ],
}

export const INPUT: Section = {
  id: 28,
  title: ['Input', '输入'],
  panels: [
    {
      id: 29,
      kind: 'timeseries',
      title: ['Consumer lag by partition', '各分区消费滞后'],
      says: ['Records still to be read.', '尚未读取的记录。'],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (topic, partition) (sigwatch_consumer_lag_records{job=~"$job", instance=~"$instance"})',
          legend: '{{topic}}/{{partition}}',
        },
      ],
    },
    {
      id: 30,
      kind: 'timeseries',
      title: ['Event time behind the clock', '事件时间落后'],
      says: [
        'By topic: the partition that is furthest behind. Watermark: what every partition has passed; states are cleared by it.',
        '按主题：最落后的分区。水位：所有分区都已越过的时间；状态依此解除。',
      ],
      size: [8, 8],
      unit: 's',
      freeMinimum: true,
      queries: [
        {
          expr: 'max by (topic) (sigwatch_input_lag_seconds{job=~"$job", instance=~"$instance"})',
          legend: ['{{topic}}: behind its Kafka timestamps', '{{topic}}：落后于其 Kafka 时间戳'],
        },
        {
          expr: 'time() - min by (topic) (sigwatch_partition_event_time_seconds{job=~"$job", instance=~"$instance"})',
          legend: '{{topic}}',
        },
        {
          expr: 'time() - max by (job) (sigwatch_watermark_seconds{job=~"$job", instance=~"$instance"})',
          legend: ['watermark {{job}}', '水位 {{job}}'],
        },
      ],
    },
    {
      id: 31,
      kind: 'timeseries',
      title: ['Partitions that hold the watermark back', '拖住水位的分区'],
      says: [
        'Lagging: read but behind. Ownerless: read by nobody.',
        'lagging：在读但落后。ownerless：无人读取。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'max by (reason) (sigwatch_watermark_held_partitions{job=~"$job", instance=~"$instance"})',
          legend: '{{reason}}',
        },
      ],
    },
    {
      id: 32,
      kind: 'timeseries',
      title: ['Dead letters by error, and what maps leave out', '按错误的死信，以及映射略去的内容'],
      says: [
        'docs/errors.md says what each is and what to do; docs/input-records.md what a map leaves out.',
        '各错误的含义与处置见 docs/errors.md；映射略去的内容见 docs/input-records.md。',
      ],
      size: [8, 8],
      unit: 'cpm',
      queries: [
        {
          expr: 'sum by (error) (rate(sigwatch_dead_letters_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) * 60',
          legend: '{{error}}',
        },
        {
          expr: 'sum by (reason) (rate(sigwatch_mapping_left_out_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) * 60',
          legend: 'left out: {{reason}}',
        },
      ],
    },
    {
      id: 33,
      kind: 'timeseries',
      title: ['Long messages', '长短信'],
      says: [
        'Joined: records that met their other parts. Partial: messages scored without all parts.',
        '已合并：与其他分段合成一条的记录。不完整：缺段评分的短信。',
      ],
      size: [8, 8],
      unit: 'ops',
      queries: [
        {
          expr: 'sum(rate(sigwatch_joined_parts_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: ['joined records', '已合并记录'],
        },
        {
          expr: 'sum(rate(sigwatch_partial_messages_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: ['partial messages', '不完整短信'],
        },
      ],
    },
    {
      id: 34,
      kind: 'timeseries',
      title: ['Assignment', '分区分配'],
      says: [
        'Partitions by instance, and changes of the assignment in five minutes.',
        '各实例的分区数，以及五分钟内的分配变化。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (instance) (sigwatch_assigned_partitions{job=~"$job", instance=~"$instance"})',
          legend: '{{instance}}',
        },
        {
          expr: 'sum by (change) (increase(sigwatch_rebalances_total{job=~"$job", instance=~"$instance"}[5m]))',
          legend: '{{change}}',
        },
        {
          expr: 'sum by (job) (increase(sigwatch_log_restarts_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['logs recreated or cut, an hour', '重建或截断的日志，每小时'],
        },
        {
          expr: 'sum by (job) (increase(sigwatch_expired_records_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['records expired unread, an hour', '未读即过期的记录，每小时'],
        },
        {
          expr: 'sum by (job) (increase(sigwatch_clock_ahead_records_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['records ahead of the clock, an hour', '超前于时钟的记录，每小时'],
        },
        {
          expr: 'max(sigwatch_clock_ahead_seconds{job=~"$job", instance=~"$instance"})',
          legend: ['furthest ahead, s', '最多超前，秒'],
        },
        {
          expr: 'max by (reference) (abs(sigwatch_clock_skew_seconds{job=~"$job", instance=~"$instance"}))',
          legend: ['host against {{reference}}, s', '主机与 {{reference}} 相差，秒'],
        },
        {
          expr: 'max by (clock) (sigwatch_clock_odd{job=~"$job", instance=~"$instance"})',
          legend: ['{{clock}} is outvoted', '{{clock}} 时钟与多数不符'],
        },
        {
          expr: 'sum by (topic) (increase(sigwatch_lagging_records_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: ['{{topic}}: records of slow gateways, an hour', '{{topic}}：慢网关的记录，每小时'],
        },
      ],
    },
  ],
}
