import type { Random } from '../random.ts'
import { punctuate } from './masks.ts'
import { obfuscate, toTraditional } from './obfuscate.ts'
import { fillEnglish, fillSlots } from './slots.ts'

/** How often each change is made to a message on its way into training; probabilities. */
export interface AugmentSettings {
  /** By label; others 0. */
  readonly obfuscate: Readonly<Record<string, number>>
  readonly traditional: number
  readonly dropSignature: number
  readonly moveSignature: number
  readonly cut: number
  readonly dropMarks: number
}

export const AUGMENT: AugmentSettings = {
  obfuscate: { marketing: 0.2, finance: 0.35, fraud: 0.35, illicit: 0.4, notice: 0.02, personal: 0.02 },
  traditional: 0.05,
  dropSignature: 0.2,
  moveSignature: 0.08,
  cut: 0.12,
  dropMarks: 0.1,
}

const SIGNATURE = /^[【[]([^【】[\]]{1,20})[】\]]/

/** One message made of a template, changed as traffic changes it. */
export function expand(template: string, label: string, settings: AugmentSettings, random: Random): string {
  const latin = !/[\u3400-\u9fff]/.test(template)
  let text = latin ? fillEnglish(template, random) : template
  const signature = SIGNATURE.exec(text)
  if (signature !== null) {
    const roll = random.next()
    if (roll < settings.dropSignature) text = text.slice(signature[0].length).trim()
    else if (roll < settings.dropSignature + settings.moveSignature) {
      text = `${text.slice(signature[0].length).trim()}${signature[0]}`
    }
  }
  text = fillSlots(text, random)
  if (text.length > 40 && random.chance(settings.cut)) text = segment(text, random)
  if (random.chance(settings.dropMarks)) text = text.replace(/[，。！？、；：“”‘’（）,!?;"'()]/g, latin ? ' ' : '')
  if (random.chance(settings.obfuscate[label] ?? 0)) return obfuscate(text, random)
  if (random.chance(settings.traditional)) return toTraditional(text)
  return text
}

/** One segment of a long message: most of its beginning, or its end. */
function segment(text: string, random: Random): string {
  const keep = Math.max(20, Math.floor(text.length * (0.4 + 0.5 * random.next())))
  return random.chance(0.6) ? text.slice(0, keep) : text.slice(text.length - keep)
}

const SIGNED: Readonly<Record<string, readonly string[]>> = {
  marketing: ['【{shop}】', '【{platform}】', '【{carrier}】', '【{company}】'],
  finance: ['【{bank}】', '【{company}】'],
  fraud: ['【{bank}】', '【{carrier}】'],
}

/** A message of a corpus that lost its marks and signatures: some of both are put back. */
export function restore(text: string, label: string, random: Random): string {
  let out = random.chance(0.7) ? punctuate(text, random) : text
  const signatures = SIGNED[label]
  if (signatures !== undefined && random.chance(label === 'fraud' ? 0.15 : 0.35)) out = random.pick(signatures) + out
  return out
}
