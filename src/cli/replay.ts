import { Command } from 'commander'
import { SigwatchError } from '../domain/errors.ts'

/** `sigwatch replay`: announced by the contract, not built yet; says so. */
export function replayCommand(): Command {
  return new Command('replay')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new SigwatchError(
        'USAGE',
        'replay is not part of this version. To look back, run the embedded mode over a file: sigwatch run --source FILE --policy FILE --verdicts FILE',
      )
    })
}
