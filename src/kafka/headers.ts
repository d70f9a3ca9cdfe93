import type { RecordHeaders } from '../domain/message.ts'

type Header = Buffer | string

/** Headers as the client has them, which keeps all of a name that is given several times: the last one counts. */
export function lastOfEach(headers: Readonly<Record<string, Header | Header[] | undefined>>): RecordHeaders {
  let repeated = false
  for (const name in headers) if (Array.isArray(headers[name])) repeated = true
  if (!repeated) return headers as RecordHeaders
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  )
}
