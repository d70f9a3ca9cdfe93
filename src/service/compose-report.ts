import type { Ask } from '../analyst/archive/ask.ts'
import { BrandNames } from '../analyst/archive/brand-names.ts'
import type { Complained, ReviewedCode } from '../analyst/archive/reader.ts'
import { complaintsOf, sentBySignature } from '../analyst/archive/stored-complaints.ts'
import { groupsOf, tracked } from '../analyst/complaints/summary.ts'
import { reportPage } from '../analyst/report/page.ts'
import { type Range, Tally } from '../analyst/report/tally.ts'
import type { Calendar } from '../analyst/words/calendar.ts'
import type { Alert } from '../domain/alert.ts'
import { given } from '../domain/given.ts'
import type { Config } from '../settings/config.ts'
import { alertsIn } from './alert-lines.ts'
import { archiveUrlOf } from './command-needs.ts'
import { openArchiveReader, withDatabase } from './compose-archive.ts'

interface Feed {
  readonly ask?: Ask
  alerts(from: number, to: number): AsyncIterable<Alert>
  judged?(from: number, to: number): Promise<readonly ReviewedCode[]>
  complained?(from: number, to: number): Promise<readonly Complained[]>
  close(): Promise<void>
}

export interface ReportChoices extends Range {
  readonly title?: string
  /** Files of alerts, one per line, to use instead of the archive. */
  readonly files?: readonly string[]
  readonly calendar: Calendar
}

/** Renders an HTML report on a range, compared with the preceding range of the same length. */
export async function composeReport(
  config: Config,
  { from, to, title, files, calendar }: ReportChoices,
): Promise<string> {
  const feed: Feed = files ? fileFeed(files) : await openArchiveReader(config, 'sigwatch report')
  try {
    const now = new Tally({ from, to })
    const before = new Tally({ from: 2 * from - to, to: from })
    for await (const alert of feed.alerts(before.range.from, to)) {
      before.add(alert)
      now.add(alert)
    }
    const judged = await feed.judged?.(from, to)
    const complaints = await feed.complained?.(from, to)
    const brands = new BrandNames(config.locale)
    if (feed.ask) await brands.renew(feed.ask)
    const cases = files ? undefined : await complaintCases(config, { from, to }, calendar)
    return reportPage({
      locale: config.locale,
      now,
      before,
      brand: (id) => brands.get(id) ?? id,
      ...given({ title, judged, complaints, cases }),
    })
  } finally {
    await feed.close()
  }
}

/** The complaints of the range by enterprise, SP and template, and the deadlines that are near or missed. */
function complaintCases(config: Config, { from, to }: Range, calendar: Calendar) {
  return withDatabase(
    archiveUrlOf(config),
    async (client) => {
      const all = await complaintsOf(client, from, to)
      const now = Date.now()
      return {
        groups: groupsOf(all, await sentBySignature(client, [from, to], all), calendar, now),
        urgent: tracked(all, calendar, now).filter(
          ({ standing }) => standing === 'due' || standing === 'overdue',
        ),
      }
    },
    config.archive.queryTimeout,
  )
}

/** Alerts from files; an alert that occurs more than once counts once. */
function fileFeed(files: readonly string[]): Feed {
  return {
    async *alerts() {
      const seen = new Set<string>()
      for (const file of files) {
        for await (const alert of alertsIn(file)) {
          if (seen.has(alert.id)) continue
          seen.add(alert.id)
          yield alert
        }
      }
    },
    close: async () => {},
  }
}
