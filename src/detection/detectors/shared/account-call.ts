import type { AnalysedMessage, ContactMention } from '../../../domain/message.ts'
import type { Registry } from '../../../domain/registry.ts'
import { accountCallWords } from '../../rules/patterns.generated.ts'
import { isHandle, isOfficialNumber, type Traces } from './traces.ts'
import { wordsOf } from './wording.ts'

/**
 * Detects texts that report an event on an account, a card or a contract and ask to call in order to undo it: the notice of a
 * bank or shop with its hotline replaced. Works on normalised text; gaps are bounded and contain no end of a sentence.
 */
const HAPPENED = accountCallWords.happened
/**
 * Phrases only the account owner could use. `未办理` alone is a fact known to the sender (`材料未办理完`): a condition, the reader or the
 * call itself must be next to it.
 */
const NOT_READER = accountCallWords.notReader
const CALL = accountCallWords.call
/** A number to call, of at least five digits, that is not a date, time or amount. */
const NUMBER = accountCallWords.number
const CALLS = new RegExp(`${CALL}[^。!?;]{0,24}${NUMBER}`)
const THEN_CALLS = new RegExp(`(?:${NOT_READER.source})[^。!;]{0,28}${CALLS.source}`)

const UNDO = accountCallWords.undo
const UNDONE_BY_CALL = new RegExp(
  `${UNDO}[^。!?;]{0,14}${CALL}[^。!?;]{0,14}${NUMBER}|${CALL}[^。!?;]{0,14}${NUMBER}[^。!?;]{0,14}${UNDO}`,
)
/** People a customer knows, or finds at a branch or shop. */
const KNOWN_TO_READER = accountCallWords.knownToReader
const HARM = accountCallWords.harm

/** Whether a normalised text asks the reader to call about something done to their account. */
export function asksToCallAboutAccount(text: string): boolean {
  if (!HAPPENED.test(text) || !CALLS.test(text)) return false
  return THEN_CALLS.test(text) || (HARM.test(text) && UNDONE_BY_CALL.test(text))
}

const THREAT = accountCallWords.threat

/** Whether a message comes from a number anyone can use, or from a port not filed for the brand. */
export function isStranger({ personal, foreignPort }: Traces): boolean {
  return personal || foreignPort
}

/**
 * Whether a text asks for such a call without an official number or link. If the sender is not the brand's, a threat with a
 * number is enough; for other senders, calls to a branch or an agent known to the reader are excluded.
 */
export function callsAboutAccount(
  traces: Traces,
  { contacts, urls, from, to, normalised: { text } }: AnalysedMessage,
  registry: Registry,
): boolean {
  const isNumber = (contact: ContactMention) =>
    !isHandle(contact) && contact.value !== from && contact.value !== to
  if (!contacts.some(isNumber)) return false
  if (contacts.some((contact) => isOfficialNumber(contact, registry))) return false
  if (urls.some(({ host }) => registry.brandByHost(host) !== undefined)) return false
  if (!isStranger(traces)) return asksToCallAboutAccount(text) && !KNOWN_TO_READER.test(text)
  return asksToCallAboutAccount(text) || (THREAT.test(text) && CALLS.test(text) && !wordsOf(text).errand)
}
