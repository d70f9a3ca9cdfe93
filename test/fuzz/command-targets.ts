import { momentOf } from '../../src/cli/moment.ts'
import { parseTarget } from '../../src/domain/codes.ts'
import { SigwatchError } from '../../src/domain/errors.ts'
import { LATEST_TIME } from '../../src/domain/time.ts'
import { parseFailOn } from '../../src/offline/replay/fail-on.ts'
import { parseOffsets } from '../../src/offline/replay/ranges.ts'
import {
  FORMS,
  type FormName,
  hasForm,
  parseBytes,
  parseDuration,
  parseSpan,
  parseZone,
} from '../../src/settings/files/value-forms.ts'
import { NOON } from '../helpers/detector-fixtures.ts'
import { mutatedText } from './mutate.ts'
import { allowing, must, type Target } from './target.ts'

const WORDS = [
  ...['2026-11-01T00:00+08:00', String(NOON), '10m', '1.5h', '0', '64MB', '21:00-08:00', '+08:00'],
  ...['signature:京东', 'sender:【京东】@1069*', 'sms.mt:0:10-20'],
  ...['1069012345*', 'jd.com', '400-610-1360', '/hdr/msgid', '../../etc/passwd', '--', '%', '\u0000'],
]
const CONDITIONS = ['newly.block > 0.1%', 'changed >= 3', 'byCode.FORGED_BRAND.raised == 12.5 %']
const NAMES = Object.keys(FORMS) as FormName[]
const isUsage = (error: unknown): boolean => error instanceof SigwatchError && error.code === 'USAGE'

/** What stands behind options of a command. */
function runWord(input: string): void {
  const moment = allowing(isUsage, () => momentOf('--from', input))
  must(moment === undefined || (moment >= 0 && moment <= LATEST_TIME) || moment < 0, 'a moment or USAGE')
  const [duration, bytes] = [parseDuration(input), parseBytes(input)]
  must(duration === undefined || (Number.isInteger(duration) && duration >= 0), 'a whole duration')
  must(bytes === undefined || Number.isSafeInteger(bytes), 'whole bytes')
  const span = parseSpan(input)
  must(span === undefined || span.from !== span.to, 'a span that is one')
  must(Math.abs(parseZone(input) ?? 0) < 15 * 60, 'a zone on earth')
  for (const name of NAMES) hasForm(name, input)
  const target = parseTarget(input)
  must(target === undefined || target.id.length > 0, 'a target with an id')
  allowing(isUsage, () => parseOffsets([input]))
}

export const COMMAND_TARGETS: readonly Target[] = [
  {
    name: 'command line',
    ...{ share: 30, perCharacter: 5 },
    make: (random) => mutatedText(random, random.pick(WORDS)),
    run: runWord,
  },
  {
    name: 'conditions',
    // A figure that is none is compared with all that there are, whatever its length.
    ...{ share: 10, perCharacter: 25 },
    make: (random) => mutatedText(random, random.pick(CONDITIONS)),
    run: (input) => allowing(isUsage, () => parseFailOn(input)),
  },
]
