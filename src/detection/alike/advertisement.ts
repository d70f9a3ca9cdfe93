import type { AnalysedMessage, TextReading, UrlMention } from '../../domain/message.ts'
import type { Sketch } from '../../domain/sketch.ts'
import { wayOutIn } from '../../text/phrases.ts'
import { CJK, unitClass } from '../../text/plain-tables.ts'
import type { Sketcher } from '../../text/sketch.ts'

/** Minimum of Chinese characters to identify a text: the table has few Latin words. */
const LEAST_CHINESE = 12

/** The sketch of the advertisement in a message, computed once per text. */
export function advertised(message: AnalysedMessage, sketcher: Sketcher): Sketch | undefined {
  const memo = message.memo.alike ?? message.memo
  if (memo.advertised?.by !== sketcher.id)
    memo.advertised = { by: sketcher.id, sketch: sketchOfOffer(message, sketcher) }
  return memo.advertised.sketch
}

/** Sketch without the opt-out wording, which every advertisement has. */
export function sketchOfOffer(reading: TextReading, sketcher: Sketcher): Sketch | undefined {
  const { normalised, urls } = reading
  const { text, offsets } = normalised
  if (!isChinese(text)) return undefined
  const wayOut = wayOutIn(text)
  if (wayOut === undefined) return sketcher.sketch(reading)
  const span = { start: offsets[wayOut[0]] as number, end: (offsets[wayOut[1] - 1] as number) + 1 }
  return sketcher.sketch({ ...reading, urls: [...urls, { span } as UrlMention] })
}

function isChinese(text: string): boolean {
  let count = 0
  for (let i = 0; i < text.length && count < LEAST_CHINESE; i++)
    if (((unitClass[text.charCodeAt(i)] as number) & CJK) !== 0) count++
  return count >= LEAST_CHINESE
}
