import { chart } from './presets.ts'
import { max, perMinute, present, quantiles, rate, sum } from './promql.ts'
import { section } from './spec.ts'

export const BLOCKER = section(90, 'Blocker', '拦截服务', [
  chart.perSecond(8, {
    en: [
      'Decisions of the blocker',
      'Messages by what gateways were told; undecided: answered by blocker.failure and not by the table.',
    ],
    zh: ['拦截服务的决定', '按告知网关的动作统计的短信；未决定：按 blocker.failure 而非拦截表答复。'],
    query: [
      rate('sigwatch_blocker_decisions_total', 'action'),
      present(rate('sigwatch_blocker_undecided_total', undefined, ['undecided', '未决定'])),
      present(rate('sigwatch_blocker_token_mismatches_total', undefined, ['token mismatch', '令牌不一致'])),
      present(
        rate('sigwatch_blocker_decide_seconds_count', 'status', ['requests {{status}}', '请求 {{status}}']),
      ),
    ],
  }),
  chart.count(8, {
    en: [
      'State of the blocker',
      'Seconds without an answer of a broker, and without a record; 1 while it fails; throttles apart 1: it counts for itself; states under a token key that it does not have.',
    ],
    zh: [
      '拦截服务的状况',
      '消息队列无答复、无记录的秒数；失效时为 1；限速未共享为 1 表示该实例自行计数；令牌密钥未配置的状态数。',
    ],
    query: [
      max('sigwatch_blocker_silence_seconds', 'of', ['silence: {{of}}', '静默：{{of}}']),
      max('sigwatch_blocker_failing', 'failure', ['fails {{failure}}', '失效：{{failure}}']),
      max('sigwatch_blocker_throttles_apart', undefined, ['throttles apart', '限速未共享']),
      max('sigwatch_blocker_unknown_key_states', undefined, ['unknown token key', '未知令牌密钥']),
    ],
  }),
  chart.seconds(8, {
    en: ['Time of a request for decisions', 'From the head of a request to its answer.'],
    zh: ['决定请求用时', '从请求头到答复。'],
    query: quantiles('sigwatch_blocker_decide_seconds{status="200"}'),
  }),
  chart.count(12, {
    en: [
      'What the blocker holds',
      'States in force, what is in memory, and states in force that were let go because there were too many.',
    ],
    zh: ['拦截服务的内存内容', '生效中的状态、内存中的条目，以及因过多而放弃的生效状态。'],
    query: [
      max('sigwatch_blocker_states', undefined, ['in force', '生效中']),
      max('sigwatch_blocker_held', 'what', ['held: {{what}}', '持有：{{what}}']),
      sum('sigwatch_blocker_forgotten_states', undefined, ['let go', '已放弃']),
    ],
  }),
  chart.perMinute(12, {
    en: [
      'Records and enforcements of the blocker',
      'Records of the topics that it follows, and what it wrote back of what it kept; dropped: no broker took it in time.',
    ],
    zh: ['拦截服务的记录与回写', '所跟随主题的记录，以及被拦下短信的回写；dropped：消息队列未能及时接收。'],
    query: [
      perMinute('sigwatch_blocker_records_total', 'topic, outcome', '{{topic}} {{outcome}}'),
      perMinute('sigwatch_blocker_enforcements_total', 'outcome', [
        'written back: {{outcome}}',
        '回写：{{outcome}}',
      ]),
    ],
  }),
])
