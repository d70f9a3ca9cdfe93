import { Command } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import { loadConfig } from '../settings/config.ts'
import { CONFIG_OPTION, example } from './shared-options.ts'

interface PromoteOptions {
  readonly config?: string
  readonly model?: string
}

/** `sigwatch model promote`: makes the shadow model the live one. */
export function modelCommand(): Command {
  const command = new Command('model')
  command
    .command('promote')
    .description('Replace the live model; running services load it by themselves')
    .argument('[dir]', 'model folder (default: shadowModel.path)')
    .option(...CONFIG_OPTION)
    .option('--model <dir>', 'folder of the live model, or a link to it (default: model)')
    .addHelpText(...example('sigwatch model promote --config /etc/sigwatch/sigwatch.yaml'))
    .exitOverride()
    .action(promote)
  return command
}

async function promote(dir: string | undefined, options: PromoteOptions): Promise<void> {
  const { config: file, model } = options
  const { config } = loadConfig({
    file,
    overrides: { model },
    serving: false,
  })
  const candidate = dir ?? config.shadowModel.path
  if (candidate === null)
    throw new SigwatchError('USAGE', 'no model to promote: give its folder, or set shadowModel.path')
  if (config.model === null)
    throw new SigwatchError(
      'USAGE',
      'the live model is the shipped one, which is never replaced: set model to a folder of your own, for example a copy of it',
    )
  const { promoteModel } = await import('../service/promote-model.ts')
  const promotion = await promoteModel(candidate, config.model)
  process.stdout.write(`${JSON.stringify(promotion)}\n`)
  process.stderr.write(
    `${promotion.promoted} is live in ${config.model}: running services take it within 10 seconds, at once on SIGHUP; sigwatch_model_info shows it\n`,
  )
}
