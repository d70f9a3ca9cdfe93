import type { ConsentLedger, ConsentRow } from '../../domain/consent-ledger.ts'
import { InvalidInput, type Problem } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { SideInput } from '../../domain/input-events.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import type { Config } from '../../settings/config.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { fileMap } from './mapped-rows.ts'
import { pairOf } from './pair.ts'
import { type RowInput, readSideFile } from './rows.ts'
import type { SideRows } from './side-rows.ts'
import type { SideRow } from './waiting-rows.ts'

const CHUNK = 10_000
const SHOWN_PROBLEMS = 20

/** Reads the configured side-input files; throws InvalidInput with file, line and field of bad rows. */
export async function readSideFiles(
  config: Config,
  into: { readonly ledger: Pick<ConsentLedger, 'apply' | 'erase'>; readonly sideRows: Pick<SideRows, 'add'> },
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

  const read = <I extends RowInput>(input: I, file: string) =>
    readSideFile(input, file, canonicalNumber, latest, fileMap(config, input))

  if (config.consents) {
    let accepted = 0
    let chunk: ConsentRow[] = []
    const flush = async () => {
      await into.ledger.apply(chunk)
      accepted += chunk.length
      chunk = []
    }
    for (const line of read('consents', config.consents)) {
      if ('problem' in line) refuse(line.problem)
      else if ('deleted' in line) {
        const pair = pairOf(line.deleted)
        await flush()
        if (pair) await into.ledger.erase([pair])
      } else if (chunk.push(line.row) >= CHUNK) await flush()
    }
    await flush()
    report('consents', accepted)
  }
  for (const input of ['replies', 'complaints', 'feedback'] as const) {
    const file = config[input]
    if (!file) continue
    const rows: SideRow[] = []
    for (const line of read(input, file)) {
      if ('problem' in line) refuse(line.problem)
      else if ('row' in line)
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
