import { consentRequestWords } from './words.generated.ts'

/**
 * Detects requests for consent to advertising. The wording varies too much for fixed sentences, so a text must contain four
 * statements: that messages will be sent, that they advertise, that the reader has a choice, and how to agree. Patterns have
 * bounded gaps that contain no end of a sentence.
 */

const OFFER = consentRequestWords.offer

/** Messages will be sent, rather than goods, money or a call. */
const MESSAGES = consentRequestWords.messages

const CHOICE = consentRequestWords.choice

/** How to agree: a short word to reply with, or a link to confirm. */
const YES = consentRequestWords.yes

/** Other things confirmed by a reply: an appointment, an order, a transaction, a delivery. */
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

/** Explicit mention of advertising messages; together with a way to agree, no mention of a choice is needed. */
const NAMED = consentRequestWords.named
const EN_NAMED = new RegExp(
  `(?:${EN_OFFER.source})[^.!?]{0,32}\\b(?:by (?:text|sms|message)|texts?|sms|text messages?|on your phone)\\b|\\b(?:texts?|texting|sms|messages?|messaging)\\b[^.!?]{0,32}(?:${EN_OFFER.source})|\\b(?:send|receive|get) (?:you |them |any |our )?[^.!?]{0,16}(?:${EN_OFFER.source})[^!]{0,60}\\byes\\b`,
)
const EN_ANSWER =
  /\b(?:repl(?:y|ying)|answer|respond|text back)\b\W{0,3}(?!stop|end|quit)\w{1,10}\b|\by\/n\b|\byes or no\b/

/** An advertisement with an opt-out is no request for consent. */
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

export function requestsConsent(text: string): boolean {
  return !WAY_OUT.test(text) && (inChinese(text) || inEnglish(text))
}
