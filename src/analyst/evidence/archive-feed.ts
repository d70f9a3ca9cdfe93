import type { Client } from '../archive/database.ts'
import type { Feed } from './feed.ts'

interface Row {
  readonly id: string
  readonly ts: Date
  readonly port: string | null
  readonly signature: string | null
  readonly to_token: string | null
  readonly text: string | null
  readonly source: string
  readonly category: string | null
  readonly received_at: Date | null
}

const COMPLAINT = `SELECT id, c.ts, port, signature, to_token, text, source, category, received_at
  FROM complaint c LEFT JOIN complaint_case USING (id) WHERE id = $1 ORDER BY c.ts`

type Ask = <T>(work: (client: Client) => Promise<T>) => Promise<T>

const NAME = 'the archive'

/** The archived alert with this id, as it was published. */
export function archivedAlert(id: string, ask: Ask): Feed {
  return {
    name: NAME,
    async read(_range, take) {
      const { rows } = await ask((client) =>
        client.query<{ event: object; ts: Date }>('SELECT event, ts FROM alert WHERE id = $1', [id]),
      )
      rows.forEach(({ event, ts }, offset) => {
        const position = { topic: NAME, partition: 0, offset }
        take({ key: '', value: Buffer.from(JSON.stringify(event)), timestamp: ts.getTime(), position })
      })
      return { records: rows.length }
    },
  }
}

/** The archived complaint with this id: recipient as a token, text redacted. Its append time is the time of receipt. */
export function archivedComplaint(id: string, ask: Ask): Feed {
  return {
    name: NAME,
    async read(_range, take) {
      const { rows } = await ask((client) => client.query<Row>(COMPLAINT, [id]))
      rows.forEach(({ ts, port, to_token, received_at, ...rest }, offset) => {
        const value = { ...rest, ts: ts.getTime(), from: port, to: to_token }
        take({
          key: '',
          value: Buffer.from(JSON.stringify(value)),
          timestamp: received_at?.getTime() ?? Number.POSITIVE_INFINITY,
          position: { topic: NAME, partition: 0, offset },
        })
      })
      return { records: rows.length }
    },
  }
}
