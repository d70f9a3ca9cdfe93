import { rounded } from '../../text/reader/artifact.ts'
import type { Weights } from '../../text/reader/network.ts'
import { createRandom } from '../../text/reader/random.ts'
import { Tokenizer } from '../../text/reader/tokenizer.ts'
import { type Encoded, encode, logitsOf, pick } from './encode.ts'
import { merge } from './ensemble.ts'
import { type HeldOut, heldScore } from './held-texts.ts'
import { type LinearSettings, trainLinear } from './linear.ts'
import { nearGroups } from './near.ts'
import { fitOffsets } from './offsets.ts'
import { epochSource, heldTexts, type Mixture, type Part } from './plan.ts'
import { copyOf, type Training, type TrainSettings, train } from './trainer.ts'

/**
 * A later epoch is preferred if its held-out score is within this of the best: its learning rate is lower and its weights more
 * stable, and the held-out part is too small for a finer distinction.
 */
const TOLERANCE = 0.01
/** Training stops after this many epochs without a score within TOLERANCE of the best. */
const PATIENCE = 5

/** Training data and settings. */
export interface Job {
  readonly labels: readonly string[]
  readonly kept: readonly Part[]
  readonly held: readonly Part[]
  readonly heldOut: HeldOut
  readonly settings: TrainSettings
  readonly mixture: Mixture
  readonly seed: number
  readonly onProgress: (line: string) => void
}

export interface Fitted {
  /** The weights as they will be read back from the file. */
  readonly final: Training
  /** Logits of the held-out texts, from weights not trained on them. */
  readonly logits: Float32Array
  /** For the model card. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** A network and its number of epochs. */
interface Member {
  readonly training: Training
  readonly epochs: number
}

/**
 * Linear machines trained on all rows. Temperature, thresholds and scores come from machines trained without the held-out part;
 * the label offsets come from folds of the rows that are not held out.
 */
export function fitLinear(
  { labels, kept, held, heldOut, seed, onProgress }: Job,
  settings: LinearSettings,
): Fitted {
  const reader = new Tokenizer(settings.tokenizer)
  const read = (parts: readonly Part[]): Learnt => {
    const rows = heldTexts(parts, seed)
    const texts = rows.map(({ text }) => text)
    const label = rows.map(({ label }) => labels.indexOf(label))
    return { texts, encoded: encode(reader, texts), label }
  }
  const known = read(kept)
  const offsets = offsetsOf(known, labels.length, settings, seed)
  const learn = ({ encoded, label }: Learnt): Training => {
    const { shape, weights } = trainLinear(encoded, label, labels.length, settings, seed)
    const outputBias = weights.outputBias.map((bias, k) => bias + (offsets[k] as number))
    return { shape, weights: rounded({ ...weights, outputBias }) }
  }
  const judged = learn(known)
  const judgedTexts = heldOut.texts.map(({ text }) => text)
  const logits = logitsOf(judged, encode(reader, judgedTexts))
  if (logits.length > 0) {
    onProgress(`held-out score ${heldScore(logits, labels, heldOut).toFixed(4)}; once more with all rows`)
  }
  const rounding = (offset: number) => Math.round(offset * 1e4) / 1e4
  return {
    final: logits.length > 0 ? learn(read([...kept, ...held])) : judged,
    logits,
    facts: { settings, offsets: Array.from(offsets, rounding) },
  }
}

/** Training texts with the label index of each. */
interface Learnt {
  readonly texts: readonly string[]
  readonly encoded: Encoded
  readonly label: readonly number[]
}

/** Label offsets from cross-validation; near-duplicates are in the same fold. */
function offsetsOf(
  { texts, encoded, label }: Learnt,
  labels: number,
  settings: LinearSettings,
  seed: number,
): Float64Array {
  const groups = nearGroups(texts)
  const random = createRandom(seed)
  const folds = Int32Array.from(groups, () => random.below(settings.folds))
  const all = texts.map((_, i) => i)
  const logits = new Float32Array(texts.length * labels)
  for (let fold = 0; fold < settings.folds; fold++) {
    const isIn = (i: number) => folds[groups[i] as number] === fold
    const rest = all.filter((i) => !isIn(i))
    const own = all.filter(isIn)
    if (rest.length === 0 || own.length === 0) continue
    const others = rest.map((i) => label[i] as number)
    const trained = trainLinear(pick(encoded, rest), others, labels, settings, seed)
    const given = logitsOf(trained, pick(encoded, own))
    for (const [at, i] of own.entries())
      logits.set(given.subarray(at * labels, (at + 1) * labels), i * labels)
  }
  return fitOffsets(logits, label, labels)
}

async function fitMember(job: Job, member: number, encoded: Encoded): Promise<Member> {
  const { labels, kept, heldOut, settings, mixture, seed, onProgress } = job
  let best: { score: number; epoch: number; weights: Weights } | undefined
  const trained = await train(
    labels.length,
    settings,
    seed + member,
    epochSource(kept, labels, mixture),
    (epoch, loss, now) => {
      const score = heldOut.texts.length > 0 ? heldScore(logitsOf(now, encoded), labels, heldOut) : -loss
      onProgress(
        `epoch ${epoch + 1}/${settings.epochs}: loss ${loss.toFixed(4)}, held-out score ${score.toFixed(4)}`,
      )
      if (best === undefined || score > best.score - TOLERANCE) {
        best = { score: Math.max(score, best?.score ?? score), epoch, weights: copyOf(now.weights) }
      }
      return epoch - best.epoch < PATIENCE
    },
  )
  const { epoch, weights } = best as unknown as { epoch: number; weights: Weights }
  return { training: { shape: trained.shape, weights }, epochs: epoch + 1 }
}

/** Trains networks with different seeds and merges them, each with the weights of its best epoch. */
export async function fitNetworks(job: Job): Promise<Fitted> {
  const { heldOut, settings, onProgress } = job
  const encoded = encode(
    new Tokenizer(settings.tokenizer),
    heldOut.texts.map(({ text }) => text),
  )
  const members: Member[] = []
  for (let member = 0; member < settings.members; member++) {
    if (settings.members > 1) onProgress(`network ${member + 1} of ${settings.members}`)
    members.push(await fitMember(job, member, encoded))
  }
  const merged = merge(members.map(({ training }) => training))
  const final: Training = { shape: merged.shape, weights: rounded(merged.weights) }
  const bestEpochs = members.map(({ epochs }) => epochs)
  return { final, logits: logitsOf(final, encoded), facts: { bestEpochs, settings } }
}
