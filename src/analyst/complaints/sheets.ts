import { csvLine } from '../../settings/files/csv.ts'
import { termsOf } from '../evidence/terms.ts'
import { type Calendar, deadlineName, localTime } from '../words/calendar.ts'
import { type ComplaintGroup, NONE, type TrackedDeadline } from './summary.ts'

export type SheetLocale = 'en' | 'zh-CN'

const HEADINGS: Readonly<
  Record<SheetLocale, { readonly month: readonly string[]; readonly open: readonly string[] }>
> = {
  en: {
    month: [
      ...['month', 'enterprise', 'SP', 'template', 'label', 'category', 'complaints', 'matched', 'sent'],
      ...['complaints a million', 'answered in time', 'answered late', 'running', 'due', 'overdue'],
    ],
    open: [
      'complaint',
      'source',
      'made',
      'received',
      'deadline',
      'working days',
      'ends on',
      'standing',
      'enterprise',
      'SP',
    ],
  },
  'zh-CN': {
    month: [
      ...['月份', '企业', '接入服务商', '模板', '文本类别', '投诉类型', '投诉量', '匹配量', '发送量'],
      ...['百万投诉率', '按期办结', '逾期办结', '办理中', '即将到期', '已逾期'],
    ],
    open: [
      '投诉编号',
      '来源',
      '投诉时间',
      '收到时间',
      '时限',
      '工作日',
      '截止日',
      '状态',
      '企业',
      '接入服务商',
    ],
  },
}

const STANDING_ZH: Readonly<Record<TrackedDeadline['standing'], string>> = {
  'in time': '按期办结',
  late: '逾期办结',
  running: '办理中',
  due: '即将到期',
  overdue: '已逾期',
}

const NOT_KNOWN: Readonly<Record<SheetLocale, string>> = {
  en: 'unknown: counted from the complaint',
  'zh-CN': '未知：自投诉时间起算',
}

/** Makes spreadsheets read the file as UTF-8. */
const BOM = '\ufeff'

/** The monthly table for the regulator. `month`: `YYYY-MM`. */
export function monthSheet(month: string, groups: readonly ComplaintGroup[], locale: SheetLocale): string {
  const term = termsOf(locale)
  const rows = groups.map((group) => {
    const { signature, sp, template, label, category, complaints, matched, sent, standings } = group
    return csvLine([
      // A complaint may name a port alone: then the enterprise is known by its code.
      ...[
        month,
        signature === NONE ? sp : signature,
        sp,
        template,
        term('label', label),
        // A category of an operator's own is written as it is.
        term('label', category),
        String(complaints),
        String(matched),
      ],
      ...[sent === undefined ? '' : String(sent), sent ? ((1e6 * complaints) / sent).toFixed(1) : ''],
      ...[standings['in time'], standings.late, standings.running, standings.due, standings.overdue].map(
        String,
      ),
    ])
  })
  return `${BOM}${csvLine(HEADINGS[locale].month)}${rows.join('')}`
}

/** Running deadlines, earliest end first. */
export function deadlineSheet(
  deadlines: readonly TrackedDeadline[],
  calendar: Calendar,
  locale: SheetLocale,
): string {
  const rows = deadlines.map(({ complaint, deadline, standing }) => {
    const { id, source, ts, received_at, signature, sp } = complaint
    return csvLine([
      ...[id, source, localTime(calendar, ts.getTime())],
      received_at === null ? NOT_KNOWN[locale] : localTime(calendar, received_at.getTime()),
      ...[deadlineName(deadline.name, locale), String(deadline.days), deadline.date],
      ...[locale === 'en' ? standing : STANDING_ZH[standing], signature ?? '-', sp ?? '-'],
    ])
  })
  return `${BOM}${csvLine(HEADINGS[locale].open)}${rows.join('')}`
}
