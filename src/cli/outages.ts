import type { Event } from '../domain/events.ts'

/** Reports each reason for which Kafka cannot be reached once. */
export function outageReporter(report: (line: string) => void): (event: Event) => void {
  const reported = new Set<string>()
  return (event) => {
    if (event.name !== 'connection_lost' && event.name !== 'connection_awaited') return
    if (reported.has(event.reason)) return
    reported.add(event.reason)
    report(`kafka: ${event.reason}`)
  }
}
