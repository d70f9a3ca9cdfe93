import { consentRequestWords } from './words.generated.ts'

/**
 * Whether a text asks its reader to agree to advertising. Wording varies without end, so no sentence is looked for but
 * four things that such a request has to say: that messages are to be sent, that they advertise, that it is the
 * reader's choice, and how to say yes. Patterns have bounded gaps that hold no end of a sentence.
 */

/** What advertisements are about. */
const OFFER = consentRequestWords.offer

/** That messages are to come, and not goods, money or a call. */
const MESSAGES = consentRequestWords.messages

/** The choice of the reader. */
const CHOICE = consentRequestWords.choice

/** How to say yes: a short word to send back, or a link to confirm by. */
const YES = consentRequestWords.yes

/** What else is confirmed by a reply: an appointment, an order, a transaction, a delivery. */
const ERRAND = consentRequestWords.errand

const EN_OFFER =
  /\b(?:offers?|deals?|promo(?:s|tions?|tional)?|specials?|sales?|discounts?|marketing|coupons?|new arrivals|arrivals|newsletters?|news|latest|savings|advert\w{0,10}|perks)\b/
const EN_MESSAGES =
  /\b(?:texts?|texted|texting|messaged|sms|messages?|msgs?|alerts?|updates?|send|sending|phone|emails?|subscri\w{1,6}|list|hear|receive|notify|notified)\b/
const EN_CHOICE =
  /\b(?:would you like|would it be ok|mind if|ok to|let us (?:know|send|text)|want [^.!?]{0,24}(?:deals|offers|coupons|discounts|news)|get on our|on the list|not subscribed|may we|can we|could we|shall we|are you happy|happy for us|ok(?:ay)? (?:if|for us)|do you (?:agree|consent|want|wish)|did you mean to|fancy|want (?:first|in on)|care to|interested in|shall we|should we|you want|you wish|we need your|only (?:text|send|message) you if|please confirm|we'?d (?:like|love) to|we would (?:like|love) to|want to (?:hear|get|receive)|wish to receive|like to (?:hear|get|receive)|allow|permission|consent|agree\w{0,3}|opt(?:ing|ed)?[ -]?in|subscri\w{1,6}|sign(?:ed)?[ -]?(?:me )?up|join (?:our|the|us)|keep in touch|stay in touch)\b/
const EN_YES =
  /\b(?:repl(?:y|ying)|text|texting|answer|respond|send|sending|press|tap)\b\W{0,4}(?:with |back |us )?\W{0,2}(?:y|yes|join|ok|okay|start|in|1|agree|subscribe|sure)\b(?! to (?:stop|opt[ -]?out|unsub))|\b(?:reply|text)\W{1,3}\w{1,12}\W{1,3}to (?:get|receive|start|allow|let|hear|join|subscribe|agree|consent|opt in)\b|\byes or no by reply\b|\b(?:tap|click)\b[^.!?]{0,30}\b(?:confirm|agree|subscribe|opt[ -]?in)\b/
const EN_ERRAND =
  /\b(?:appointment|booking|reservation|parcel|delivery|transaction|purchase|payment|prescription)\b/

/** Advertising by message, named so: with a way to say yes it needs no word of choice. */
const NAMED = consentRequestWords.named
const EN_NAMED = new RegExp(
  `(?:${EN_OFFER.source})[^.!?]{0,32}\\b(?:by (?:text|sms|message)|texts?|sms|text messages?|on your phone)\\b|\\b(?:texts?|texting|sms|messages?|messaging)\\b[^.!?]{0,32}(?:${EN_OFFER.source})|\\b(?:send|receive|get) (?:you |them |any |our )?[^.!?]{0,16}(?:${EN_OFFER.source})[^!]{0,60}\\byes\\b`,
)
const EN_ANSWER =
  /\b(?:repl(?:y|ying)|answer|respond|text back)\b\W{0,3}(?!stop|end|quit)\w{1,10}\b|\by\/n\b|\byes or no\b/

/** An advertisement that says how to be rid of it asks for no consent. */
const WAY_OUT = consentRequestWords.wayOut

function inChinese(text: string): boolean {
  if (!YES.test(text) || !OFFER.test(text) || ERRAND.test(text)) return false
  return NAMED.test(text) || (MESSAGES.test(text) && CHOICE.test(text))
}

function inEnglish(text: string): boolean {
  if (!EN_OFFER.test(text) || EN_ERRAND.test(text)) return false
  return (
    (EN_ANSWER.test(text) && EN_NAMED.test(text)) ||
    (EN_YES.test(text) && EN_CHOICE.test(text) && EN_MESSAGES.test(text))
  )
}

/** Whether a normalised text has all that a request for consent to advertising says. */
export function requestsConsent(text: string): boolean {
  return !WAY_OUT.test(text) && (inChinese(text) || inEnglish(text))
}
