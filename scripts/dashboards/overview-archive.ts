import { section } from './spec.ts'

const OF = '{job=~"$job", instance=~"$instance"}'

export const ARCHIVE = section(
  80,
  ['Archive', '归档'],
  [
    {
      kind: 'timeseries',
      title: ['Rows archived', '归档的行'],
      says: [
        'Rows a second, and records that were left out as they are past the retention.',
        '每秒写入的行，以及因超过保留期而略去的记录。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        { expr: `sum(rate(sigwatch_archived_rows_total${OF}[$__rate_interval]))`, legend: ['rows', '行'] },
        {
          expr: `sum(rate(sigwatch_archive_past_retention_total${OF}[$__rate_interval]))`,
          legend: ['past the retention', '超过保留期'],
        },
      ],
    },
    {
      kind: 'timeseries',
      title: ['Rows that were not placed', '未能归档的行'],
      says: [
        'Records refused in an hour, by reason, and rows that are kept aside: those that are ahead of the clock, or whose day could not be made, are placed later.',
        '每小时按原因拒收的记录，以及暂存的行：时间超前或当日分区未能建立的行稍后写入。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        { expr: `sum by (reason) (increase(sigwatch_archive_refused_total${OF}[1h]))`, legend: '{{reason}}' },
        { expr: `max(sigwatch_archive_refused_rows${OF})`, legend: ['kept aside', '暂存'] },
      ],
    },
    {
      kind: 'timeseries',
      title: ['Days of the archive', '归档的日期'],
      says: [
        'Days dropped, days that are due and were kept because the clocks differ, and days that could not be made or dropped because of a lock.',
        '已删除的日期、因时钟不一致而保留的到期日期，以及因锁而未能建立或删除的日期。',
      ],
      size: [8, 8],
      unit: 'short',
      queries: [
        {
          expr: `sum(increase(sigwatch_archive_expired_total${OF}[1d]))`,
          legend: ['dropped in a day', '一天内删除'],
        },
        { expr: `max(sigwatch_archive_expiry_held${OF})`, legend: ['due and kept', '到期未删'] },
        {
          expr: `sum by (what) (increase(sigwatch_archive_ddl_deferred_total${OF}[1h]))`,
          legend: ['{{what}} deferred in 1 h', '1 小时内推迟 {{what}}'],
        },
      ],
    },
  ],
)
