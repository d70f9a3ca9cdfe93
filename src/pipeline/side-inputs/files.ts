import type { ConsentLedger, ConsentRow } from '../../domain/consent-ledger.ts'
import { InvalidInput, type Problem } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { SideInput } from '../../domain/input-events.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import type { Config } from '../../settings/config.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { readSideFile } from './rows.ts'
import type { SideRows } from './side-rows.ts'
import type { SideRow } from './waiting-rows.ts'

/** Rows written to the ledger at once. */
const CHUNK = 10_000
const SHOWN_PROBLEMS = 20

/** Reads the files of side inputs that are configured; throws InvalidInput naming file, line and field of bad rows. */
export async function readSideFiles(
  config: Config,
  into: { readonly ledger: Pick<ConsentLedger, 'apply'>; readonly sideRows: Pick<SideRows, 'add'> },
  clock: BoundedClock,
  emit: Emit,
  isOfBefore = false,
): Promise<void> {
  const latest = clock.latest() + config.limits.futureReject
  const problems: Problem[] = []
  const report = (input: SideInput, accepted: number) => {
    emit({ name: 'side_input_rows', input, accepted, refused: problems.length })
    if (problems.length > 0) throw new InvalidInput('LEDGER_INVALID', problems)
  }
  const refuse = (problem: Problem) => {
    problems.push(problem)
    if (problems.length >= SHOWN_PROBLEMS) throw new InvalidInput('LEDGER_INVALID', problems)
  }

  if (config.consents) {
    let accepted = 0
    let chunk: ConsentRow[] = []
    for (const line of readSideFile('consents', config.consents, canonicalNumber, latest)) {
      if ('problem' in line) refuse(line.problem)
      else if (chunk.push(line.row) >= CHUNK) {
        await into.ledger.apply(chunk)
        accepted += chunk.length
        chunk = []
      }
    }
    await into.ledger.apply(chunk)
    report('consents', accepted + chunk.length)
  }
  for (const input of ['replies', 'complaints', 'feedback'] as const) {
    const file = config[input]
    if (!file) continue
    const rows: SideRow[] = []
    for (const line of readSideFile(input, file, canonicalNumber, latest)) {
      if ('problem' in line) refuse(line.problem)
      else
        rows.push({
          input,
          row: line.row,
          position: { topic: file, partition: 0, offset: line.line },
          isOfBefore,
        } as SideRow)
    }
    into.sideRows.add(rows)
    report(input, rows.length)
  }
}
