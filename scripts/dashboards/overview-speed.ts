import { chart, stacked } from './presets.ts'
import {
  inAnHour,
  inFiveMinutes,
  max,
  perMinute,
  present,
  quantile,
  quantiles,
  rate,
  ratio,
  sum,
} from './promql.ts'
import { section } from './spec.ts'

export const SPEED = section(21, 'Speed', '速度', [
  chart.seconds(8, {
    en: ['Alert latency', "From the broker's append of a message to the acknowledgement of its alert."],
    zh: ['告警延迟', '从短信写入消息队列到其告警被确认。'],
    query: quantiles('sigwatch_alert_latency_seconds'),
  }),
  chart.seconds(8, {
    en: ['Time of a batch by stage, p99', 'Where the time goes; rate waits for Redis, sink for the broker.'],
    zh: ['各阶段每批用时 p99', '时间用在哪里；rate 等 Redis，sink 等消息队列。'],
    query: quantile(0.99, 'sigwatch_stage_seconds', 'stage'),
  }),
  stacked.share(8, {
    en: [
      'Share of time by stage',
      'Seconds spent in a stage each second, mean of the instances. Near 1 in sum: the core is full.',
    ],
    zh: ['各阶段占时', '每秒花在各阶段的秒数，实例平均。总和接近 1：一个核已满。'],
    query: {
      expr: 'avg by (stage) (sum by (job, instance, stage) (rate(sigwatch_stage_seconds_sum{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
      legend: '{{stage}}',
    },
  }),
  stacked.perSecond(8, {
    en: ['Records by instance', 'Input records worked on.'],
    zh: ['各实例的记录数', '处理的输入记录。'],
    query: rate('sigwatch_records_total', 'instance'),
  }),
  chart.bytesPerSecond(8, {
    en: ['Input bytes', 'Bytes of the input records.'],
    zh: ['输入字节', '输入记录的字节数。'],
    query: rate('sigwatch_input_bytes_total', 'instance'),
  }),
  chart.count(8, {
    en: ['Records a batch', 'Small batches: little traffic. Full batches: at the limit.'],
    zh: ['每批记录数', '批小：流量少。批满：到达上限。'],
    query: ratio(rate('sigwatch_records_total', 'instance'), rate('sigwatch_batches_total', 'instance')),
  }),
  chart.count(12, {
    id: 56,
    en: [
      'Checks over HTTP',
      'Requests for verdicts and extractions by how they were answered, records that were judged, and texts that were read; 429 is more than an instance takes.',
    ],
    zh: [
      'HTTP 检查',
      '按答复状态的判定请求与提取请求，以及判定的记录数、提取的文本数；429 表示超过实例能力。',
    ],
    query: [
      present(rate('sigwatch_check_seconds_count', 'status')),
      rate('sigwatch_checked_records_total', undefined, ['records', '记录']),
      present(rate('sigwatch_extract_seconds_count', 'status', ['extract {{status}}', '提取 {{status}}'])),
      rate('sigwatch_extracted_texts_total', undefined, ['texts', '文本']),
    ],
  }),
  chart.seconds(12, {
    id: 57,
    en: [
      'Time of a check over HTTP',
      'From the head of a request to its answer; a batch of the traffic is worked on in between.',
    ],
    zh: ['HTTP 检查用时', '从请求头到答复；其间会处理一批正常流量。'],
    query: quantiles('sigwatch_check_seconds{status="200"}'),
  }),
])

export const INPUT = section(28, 'Input', '输入', [
  chart.count(8, {
    en: ['Consumer lag by partition', 'Records still to be read.'],
    zh: ['各分区消费滞后', '尚未读取的记录。'],
    query: sum('sigwatch_consumer_lag_records', 'topic, partition', '{{topic}}/{{partition}}'),
  }),
  chart.seconds(8, {
    en: [
      'Event time behind the clock',
      'By topic: the partition that is furthest behind. Watermark: what every partition has passed; states are cleared by it.',
    ],
    zh: ['事件时间落后', '按主题：最落后的分区。水位：所有分区都已越过的时间；状态依此解除。'],
    freeMinimum: true,
    query: [
      max('sigwatch_input_lag_seconds', 'topic', [
        '{{topic}}: behind its Kafka timestamps',
        '{{topic}}：落后于其 Kafka 时间戳',
      ]),
      {
        expr: 'time() - min by (topic) (sigwatch_partition_event_time_seconds{job=~"$job", instance=~"$instance"})',
        legend: '{{topic}}',
      },
      {
        expr: 'time() - max by (job) (sigwatch_watermark_seconds{job=~"$job", instance=~"$instance"})',
        legend: ['watermark {{job}}', '水位 {{job}}'],
      },
    ],
  }),
  chart.count(8, {
    en: [
      'Partitions that hold the watermark back',
      'Lagging: read but behind. Ownerless: read by no instance.',
    ],
    zh: ['拖住水位的分区', 'lagging：在读但落后。ownerless：无人读取。'],
    query: max('sigwatch_watermark_held_partitions', 'reason'),
  }),
  chart.perMinute(8, {
    en: [
      'Dead letters by error, and what maps leave out',
      'docs/errors.md says what each is and what to do; docs/input-records.md what a map leaves out.',
    ],
    zh: [
      '按错误的死信，以及映射略去的内容',
      '各错误的含义与处置见 docs/errors.md；映射略去的内容见 docs/input-records.md。',
    ],
    query: [
      perMinute('sigwatch_dead_letters_total', 'error'),
      perMinute('sigwatch_mapping_left_out_total', 'reason', 'left out: {{reason}}'),
    ],
  }),
  chart.perSecond(8, {
    en: [
      'Long messages',
      'Joined: records that met their other parts. Partial: messages scored without all parts.',
    ],
    zh: ['长短信', '已合并：与其他分段合成一条的记录。不完整：缺段评分的短信。'],
    query: [
      rate('sigwatch_joined_parts_total', undefined, ['joined records', '已合并记录']),
      rate('sigwatch_partial_messages_total', undefined, ['partial messages', '不完整短信']),
    ],
  }),
  chart.count(8, {
    en: ['Assignment', 'Partitions by instance, and changes of the assignment in five minutes.'],
    zh: ['分区分配', '各实例的分区数，以及五分钟内的分配变化。'],
    query: [
      sum('sigwatch_assigned_partitions', 'instance'),
      inFiveMinutes('sigwatch_rebalances_total', 'change'),
      inAnHour('sigwatch_log_restarts_total', 'job', [
        'logs recreated or cut, an hour',
        '重建或截断的日志，每小时',
      ]),
      inAnHour('sigwatch_expired_records_total', 'job', [
        'records expired unread, an hour',
        '未读即过期的记录，每小时',
      ]),
      inAnHour('sigwatch_clock_ahead_records_total', 'job', [
        'records ahead of the clock, an hour',
        '超前于时钟的记录，每小时',
      ]),
      max('sigwatch_clock_ahead_seconds', undefined, ['furthest ahead, s', '最多超前，秒']),
      {
        expr: 'max by (reference) (abs(sigwatch_clock_skew_seconds{job=~"$job", instance=~"$instance"}))',
        legend: ['host against {{reference}}, s', '主机与 {{reference}} 相差，秒'],
      },
      max('sigwatch_clock_odd', 'clock', ['{{clock}} is outvoted', '{{clock}} 时钟与多数不符']),
      inAnHour('sigwatch_lagging_records_total', 'topic', [
        '{{topic}}: records of slow gateways, an hour',
        '{{topic}}：慢网关的记录，每小时',
      ]),
    ],
  }),
])
