import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Emit } from '../../domain/events.ts'
import { argmax, type Label, type Scores } from '../../domain/labels.ts'
import type { Classifier } from '../../domain/ports.ts'
import { normalise } from '../../text/normalise.ts'
import type { BackendChoice } from '../../text/reader/backend.ts'
import { openClassifier } from '../../text/reader/classifier.ts'
import { MODEL_FILES } from './model-files.ts'
import type { Reload } from './reload-outcome.ts'

export interface ClassifierOptions {
  readonly dir: string
  readonly backend: BackendChoice
  readonly emit: Emit
}

/** Messages about which no reader doubts: a model that calls one otherwise has been trained on something else. */
const PLAIN: readonly (readonly [Label, string])[] = [
  ['notice', '【顺丰速运】您的快件已由前台代收，请凭取件码到丰巢柜领取，如有疑问请致电快递员。'],
  ['notice', '【招商银行】您账户尾号8021的储蓄卡于11月8日收到工资入账人民币8200.00元。'],
  ['notice', '【京东】验证码482913，您正在登录，5分钟内有效，请勿告诉他人。'],
  ['personal', '妈，我今晚加班，晚点回家吃饭，你们先吃不用等我'],
  ['personal', '老地方见，我到了给你打电话'],
  ['marketing', '【天猫】双11狂欢开启，全场5折起，满300减50，速抢！拒收请回复R'],
  ['marketing', '【优衣库】会员专享，新品上市限时8折优惠，戳链接领券，退订回T'],
  ['finance', '【某某贷款】凭身份证即可申请，最高30万额度，当天放款，利息低，退订回T'],
  ['fraud', '您的银行卡已被冻结，请立即登录 http://icbc-safe.top 核实身份信息，否则账户将被注销'],
  ['fraud', '您的ETC已失效，请尽快点击 http://etc-renz.cc 重新认证，逾期将停用'],
  ['illicit', '澳门赌场上线，真人百家乐，首充送888，注册就送彩金，网址 www.vns9988.com'],
]

/** Scores are 32-bit floats. */
const TOLERANCE = 1e-3

/** The text model in force, swapped whole when its folder changes. */
export class ClassifierHolder {
  readonly #options: ClassifierOptions
  #current: Classifier
  #content: string
  /** Models that were replaced, while something may score with them. */
  #replaced: Classifier[] = []

  private constructor(options: ClassifierOptions, first: Classifier) {
    this.#options = options
    this.#current = first
    this.#content = contentOf(options.dir)
    options.emit({ name: 'model_loaded', id: first.id, backend: first.backend })
  }

  /** Opens the model; rejects with InvalidInput when the folder is unusable. */
  static async open(options: ClassifierOptions): Promise<ClassifierHolder> {
    return new ClassifierHolder(options, await open(options))
  }

  get current(): Classifier {
    return this.#current
  }

  /** Reads the folder anew; a model that is damaged, or fails on plain messages, is refused and the old one stays. */
  async reload(): Promise<Reload> {
    const { dir, emit } = this.#options
    let next: Classifier
    let found: string
    try {
      found = contentOf(dir)
      if (found === this.#content) return 'same'
      next = await open(this.#options)
    } catch (error) {
      return this.#refuse((error as Error).message)
    }
    const fault = faultOf(next, this.#current)
    if (fault !== undefined) {
      next.close()
      return this.#refuse(`${dir}: ${fault}`)
    }
    this.#replaced.push(this.#current)
    this.#current = next
    this.#content = found
    emit({ name: 'model_loaded', id: next.id, backend: next.backend })
    return 'swapped'
  }

  /** Frees the models that were replaced. To be called when nothing scores with them any more. */
  retire(): void {
    for (const classifier of this.#replaced) classifier.close()
    this.#replaced = []
  }

  close(): void {
    this.retire()
    this.#current.close()
  }

  #refuse(reason: string): Reload {
    this.#options.emit({ name: 'reload_refused', what: 'model', reason })
    return 'refused'
  }
}

function open({ dir, backend, emit }: ClassifierOptions): Promise<Classifier> {
  return openClassifier({ dir, backend, onNotice: (message) => emit({ name: 'warning', message }) })
}

/** A digest of the files of a model folder; versions may keep their name when they are written anew. */
function contentOf(dir: string): string {
  const hash = createHash('sha256')
  for (const file of MODEL_FILES) hash.update(readFileSync(join(dir, file)))
  return hash.digest('hex')
}

/** Why a model may not take the place of the one in force; undefined: it may. */
export function faultOf(next: Classifier, current: Classifier): string | undefined {
  const texts = PLAIN.map(([, text]) => ({ original: text, normalised: normalise(text).text }))
  let scores: readonly Scores[]
  try {
    scores = next.classify(texts)
  } catch (error) {
    return `it fails on plain messages: ${(error as Error).message}`
  }
  const sums = scores.map((row) => Object.values(row).reduce((sum, p) => sum + p, 0))
  // Also true of a sum that is no number.
  if (sums.some((sum) => !(Math.abs(sum - 1) < TOLERANCE))) return 'the scores of a message do not sum to 1'
  const before = current.classify(texts)
  const lost = PLAIN.flatMap(([label], i) => {
    const now = argmax(scores[i]!)
    // What the model in force does not know either is no reason: an operator's own corpus may lack it.
    return argmax(before[i]!) === label && now !== label ? [`${label} as ${now}`] : []
  })
  return lost.length === 0 ? undefined : `it labels plain messages wrong: ${lost.join(', ')}`
}
