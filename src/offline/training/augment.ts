import type { Random } from '../../text/reader/random.ts'
import { punctuate } from './masks.ts'
import { obfuscate, toTraditional } from './obfuscate.ts'
import { fillEnglish, fillSlots } from './slots.ts'

/** Probabilities of the changes made to a message for training. */
export interface AugmentSettings {
  /** By label; 0 for labels not listed. */
  readonly obfuscate: Readonly<Record<string, number>>
  readonly traditional: number
  readonly dropSignature: number
  /** Moves a leading signature to the end. */
  readonly moveSignature: number
  /** Adds a signature to a text without one. */
  readonly sign: number
  /** Joins two messages of the same writer and label. */
  readonly join: number
  readonly cut: number
  readonly dropMarks: number
  /** Adds a link to a text without one. */
  readonly link: number
  readonly greet: number
  /** Adds closing punctuation or a closing phrase. */
  readonly close: number
}

export const AUGMENT: AugmentSettings = {
  obfuscate: { marketing: 0.25, finance: 0.45, fraud: 0.5, illicit: 0.5, notice: 0.02, personal: 0.02 },
  traditional: 0.05,
  dropSignature: 0.2,
  moveSignature: 0.25,
  sign: 0.25,
  join: 0.15,
  cut: 0.15,
  dropMarks: 0.1,
  link: 0.12,
  greet: 0.08,
  close: 0.4,
}

const SIGNATURE = /^[【[]([^【】[\]]{1,20})[】\]]/
const ANY_SIGNATURE = /[【】[\]]/

const SIGNERS: Readonly<Record<string, readonly string[]>> = {
  notice: [
    '{platform}',
    '{bank}',
    '{carrier}',
    '{courier}',
    '{shop}',
    '{insurer}',
    '{company}',
    '{hospital}',
    '{school}',
  ],
  marketing: ['{platform}', '{shop}', '{carrier}', '{company}', '{shop}', '{game}'],
  finance: ['{bank}', '{insurer}', '{company}', '{bank}', '{platform}'],
  fraud: ['{bank}', '{carrier}', '{platform}', '{courier}', '{company}'],
  illicit: ['{company}', '{shop}'],
}
const LINKS: Readonly<Record<string, readonly string[]>> = {
  notice: ['{official}', '{official}', '{short}', '{url}'],
  marketing: ['{official}', '{short}', '{url}', '{url}'],
  finance: ['{official}', '{short}', '{url}'],
  fraud: ['{bad}'],
  illicit: ['{bad}', '{bad}', '{short}'],
}
const LINK_WORDS = [
  '',
  ' ',
  '详情',
  '详见',
  '点击',
  '请点击',
  '登录',
  '查看 ',
  '戳 ',
  '详情点 ',
  '网址',
  '下载客户端 ',
]
const GREETINGS: Readonly<Record<string, readonly string[]>> = {
  notice: [
    '尊敬的客户，',
    '尊敬的用户，',
    '您好，',
    '尊敬的{surname}先生，',
    '尊敬的会员：',
    '亲爱的用户，',
    '温馨提示：',
    '尊敬的客户您好！',
  ],
  marketing: [
    '尊敬的客户，',
    '亲，',
    '亲爱的会员，',
    '您好，',
    '尊敬的会员：',
    '亲爱的用户，',
    '好消息！',
    '尊敬的{surname}女士，',
  ],
  finance: ['尊敬的客户，', '您好，', '尊敬的{surname}先生：', '亲爱的客户，', '尊敬的用户，'],
  fraud: ['尊敬的客户，', '尊敬的用户：', '您好，', '{surname}先生您好，', '【重要通知】', '温馨提示：'],
  illicit: ['您好，', '老板您好，', '朋友您好，'],
}
const CLOSINGS: Readonly<Record<string, readonly string[]>> = {
  notice: ['。', '。', '。', '！'],
  marketing: ['！', '！', '。', '!', '~'],
  finance: ['！', '。', '。'],
  personal: ['。', '！', '…', '~', '？', '。。'],
}
const CLOSED = /[。！!？?.…~】\])）]$/

/** Generates a message from a template with the changes found in traffic. `more`: another template of the same writer and label. */
export function expand(
  template: string,
  label: string,
  settings: AugmentSettings,
  random: Random,
  more?: string,
): string {
  const latin = !/[\u3400-\u9fff]/.test(template)
  let text = latin ? fillEnglish(template, random) : template
  if (more !== undefined && random.chance(settings.join)) {
    text = `${text}${latin ? '. ' : random.pick(['。', '，', '！', '；', ' '])}${more.replace(SIGNATURE, '')}`
  }
  if (!latin) text = dress(text, label, settings, random)
  text = fillSlots(text, random)
  if (text.length > 40 && random.chance(settings.cut)) text = segment(text, random)
  if (random.chance(settings.dropMarks))
    text = text.replace(/[，。！？、；：“”‘’（）,!?;"'()]/g, latin ? ' ' : '')
  if (random.chance(settings.obfuscate[label] ?? 0)) return obfuscate(text, random)
  if (random.chance(settings.traditional)) return toTraditional(text)
  return text
}

/** Varies signature, greeting, link and closing, as senders do for the same content. */
function dress(template: string, label: string, settings: AugmentSettings, random: Random): string {
  let body = template
  let lead = ''
  let tail = ''
  const signature = SIGNATURE.exec(body)
  if (signature !== null) {
    body = body.slice(signature[0].length).trim()
    const roll = random.next()
    if (roll < settings.dropSignature) lead = ''
    else if (roll < settings.dropSignature + settings.moveSignature) tail = signature[0]
    else lead = signature[0]
  } else if (!ANY_SIGNATURE.test(body) && random.chance(settings.sign)) {
    const signer = SIGNERS[label]
    if (signer !== undefined) {
      const made = `【${random.pick(signer)}】`
      if (random.chance(0.5)) tail = made
      else lead = made
    }
  }
  const links = LINKS[label]
  if (links !== undefined && random.chance(settings.link) && !/\{(?:official|url|bad|short)\}/.test(body)) {
    body = `${body}${random.pick(['', '，', '。', ' '])}${random.pick(LINK_WORDS)}${random.pick(links)}`
  }
  const greetings = GREETINGS[label]
  if (greetings !== undefined && random.chance(settings.greet) && !/尊敬|您好|亲/.test(body)) {
    body = random.pick(greetings) + body
  }
  if (!CLOSED.test(body) && random.chance(settings.close))
    body += random.pick(CLOSINGS[label] ?? ['。', '！'])
  return lead + body + tail
}

/** Characters in one segment of an SMS in UCS-2, alone and with a concatenation header. */
const SEGMENTS = [70, 67, 66]

/** One segment of a long message, as if the others were lost; otherwise most of its beginning or end. */
function segment(text: string, random: Random): string {
  if (text.length > 72 && random.chance(0.5)) return text.slice(0, random.pick(SEGMENTS))
  const keep = Math.max(20, Math.floor(text.length * (0.4 + 0.5 * random.next())))
  return random.chance(0.6) ? text.slice(0, keep) : text.slice(text.length - keep)
}

/** Restores some of the punctuation that a corpus lost. */
export function restore(text: string, random: Random): string {
  return random.chance(0.7) ? punctuate(text, random) : text
}
