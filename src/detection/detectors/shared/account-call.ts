import type { AnalysedMessage, ContactMention } from '../../../domain/message.ts'
import type { Registry } from '../../../domain/registry.ts'
import { accountCallWords } from '../../rules/patterns.generated.ts'
import { isHandle, isOfficialNumber, type Traces } from './traces.ts'
import { wordsOf } from './wording.ts'

/**
 * What has happened to an account, a card or a contract, and how the reader is to undo it by a call: the notice of a bank or
 * shop whose hotline was swapped. In normalised text; gaps are bounded and hold no end of a sentence.
 */
const HAPPENED = accountCallWords.happened
/**
 * Only who owns the account can say so. `未办理` alone is a fact that the sender knows (`材料未办理完`): a condition, the reader
 * himself or the call itself stands next to it.
 */
const NOT_READER = accountCallWords.notReader
const CALL = accountCallWords.call
/** A number to call, of at least five digits: no date, no time and no amount. */
const NUMBER = accountCallWords.number
const CALLS = new RegExp(`${CALL}[^。!?;]{0,24}${NUMBER}`)
const THEN_CALLS = new RegExp(`(?:${NOT_READER.source})[^。!;]{0,28}${CALLS.source}`)

/** What is to be undone, at the call. */
const UNDO = accountCallWords.undo
const UNDONE_BY_CALL = new RegExp(
  `${UNDO}[^。!?;]{0,14}${CALL}[^。!?;]{0,14}${NUMBER}|${CALL}[^。!?;]{0,14}${NUMBER}[^。!?;]{0,14}${UNDO}`,
)
/** Whom a customer knows, or finds at his branch or shop. */
const KNOWN_TO_READER = accountCallWords.knownToReader
/** What calls for a reaction. */
const HARM = accountCallWords.harm

/** Whether a normalised text asks its reader to call about something that was done to an account of his. */
export function asksToCallAboutAccount(text: string): boolean {
  if (!HAPPENED.test(text) || !CALLS.test(text)) return false
  return THEN_CALLS.test(text) || (HARM.test(text) && UNDONE_BY_CALL.test(text))
}

/** What an account is threatened with, or its owner. */
const THREAT = accountCallWords.threat

/** Whether a message comes from a number that anybody can use, or from a port that is not filed for the brand. */
export function isStranger({ personal, foreignPort }: Traces): boolean {
  return personal || foreignPort
}

/**
 * Whether a text asks for such a call, and no number or link in it is official. Of a sender that is none of the brand's a
 * threat with a number is enough; of any other, a branch or an agent whom the reader knows may be called.
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
