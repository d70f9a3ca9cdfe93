import { hold, type ThresholdFault, type ThresholdsOf } from '../code-spec.ts'

const times = (default_: number, says: string) => ({
  default: default_,
  unit: 'times the baseline',
  min: 0,
  says,
})
const messages = (default_: number, says: string) => ({ default: default_, unit: 'messages', min: 0, says })

export const thresholds = {
  ratio1m: times(6, 'times the baseline that one minute may reach'),
  ratio10m: times(4, 'the same for ten minutes'),
  ratio1h: times(3, 'the same for one hour'),
  sigmas: {
    default: 4,
    unit: 'standard deviations',
    min: 0,
    says: 'standard deviations above the baseline that must be exceeded too',
  },
  floor1m: messages(60, 'commercial messages in one minute below which nothing is a burst'),
  floor10m: messages(300, 'the same in ten minutes'),
  floor1h: messages(1200, 'the same in one hour'),
  newFloor1m: messages(300, 'the same in one minute for a young signature'),
  startFloor1m: messages(
    30,
    'commercial messages of a signature never seen before in one minute that, with `startFloor10m`, are a burst',
  ),
  startFloor10m: messages(60, 'the same in ten minutes'),
  startSilence: {
    default: 180,
    unit: 'seconds',
    min: 0,
    says: 'first seconds of the warm-up, without the start floors',
  },
  youngHours: {
    default: 24,
    unit: 'hours',
    min: 0,
    says: 'hours of history below which a signature is young: at most `review`',
  },
  warmup: {
    default: 600,
    unit: 'seconds',
    min: 0,
    says: 'first seconds of counting, in which a new signature may be an old one: `warmupFloor1m` applies, and after `startSilence` the start floors',
  },
  warmupFloor1m: messages(6000, 'commercial messages in one minute that are a burst in the warm-up'),
  minTrailingMinutes: {
    default: 3,
    unit: 'minutes',
    min: 0,
    says: 'minutes of history without which the last hour is no baseline',
  },
  maxGrowth: {
    default: 5,
    unit: 'times the last hours',
    min: 1,
    says: 'times the last hours that the current hour may add to its own baseline',
  },
  climbRatio: {
    default: 4,
    unit: 'times the baseline',
    min: 1.5,
    max: 100,
    says: 'times the baseline to which a slow climb leads',
  },
  climbSpread: {
    default: 0.5,
    unit: 'share of the baseline',
    min: 0.1,
    max: 2,
    says: 'standard deviation of an honest rate between ten-minute counts',
  },
  climbEvidence: {
    default: 8,
    unit: 'log-likelihood ratio',
    min: 1,
    max: 100,
    says: 'evidence over up to an hour from which it is a slow climb: between m (one spike raises it) and 5 m (nothing does), m = (R - 1 - ln R) / `climbSpread`², R = `climbRatio`',
  },
  keepRatio: {
    default: 0.6,
    unit: 'share of the limit',
    min: 0,
    max: 1,
    says: 'share of the limit above which an open state is held',
  },
  hold: hold(300, 'seconds below that share after which the state clears'),
}

export type Thresholds = ThresholdsOf<typeof thresholds>

/** Stretches that can support a climb: five of the six of an hour, as the oldest is the reference. */
const SPEAKING = 5

/** `climbEvidence` must be unreachable for a single stretch and reachable for all of them together. */
export function relation({ climbRatio, climbSpread, climbEvidence }: Thresholds): ThresholdFault | undefined {
  const one = (climbRatio - 1 - Math.log(climbRatio)) / climbSpread ** 2
  if (climbEvidence > one && climbEvidence < SPEAKING * one) return undefined
  const bounds = `more than ${one.toPrecision(3)} and less than ${(SPEAKING * one).toPrecision(3)}`
  const message =
    climbEvidence > one
      ? `${climbEvidence} is out of reach: no climb would be raised`
      : `${climbEvidence} is what a single spike of ten minutes has`
  return {
    threshold: 'climbEvidence',
    message: `${message} (allowed with climbRatio ${climbRatio} and climbSpread ${climbSpread}: ${bounds})`,
    among: ['climbRatio', 'climbSpread', 'climbEvidence'],
  }
}
