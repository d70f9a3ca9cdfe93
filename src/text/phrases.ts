import { requestsConsent } from './consent-request.ts'
import { phrasesWords } from './words.generated.ts'

/**
 * Requests and other features recognised by wording. Every function reads normalised text (or lower case) and uses patterns with
 * bounded repetitions, guarded by a literal that must be present.
 */

const ZH_AFTER = phrasesWords.zhAfter
const ZH_BEFORE = phrasesWords.zhBefore
const ZH_CODE = phrasesWords.zhCode
const ZH_CHOICE = phrasesWords.zhChoice
const EN_WAY_OUT =
  /\b(?:reply|rply|txt|text|txting|send|sending|sms)\b[^.!?]{0,16}\bstop\b|\bstop\s{0,2}(?:to|2)\s{0,2}(?:\d{3,}|end|opt|unsub|quit|cancel|this)|\bstop2(?:end|stop)?\b|\bopt(?:ing)?[ -]{0,2}out\b|\bunsub(?:scribe)?\b|\bstop\?? ?txt\b|\bto (?:stop|end|cancel)[^.!?]{0,24}\b(?:reply|txt|text|send|sms)\b/

export function hasWayOut(text: string): boolean {
  if (phrasesWords.refusalHint.test(text)) {
    if (ZH_AFTER.test(text) || ZH_BEFORE.test(text) || ZH_CODE.test(text) || ZH_CHOICE.test(text)) return true
  }
  return (
    (text.includes('stop') ||
      text.includes('unsub') ||
      text.includes('opt') ||
      text.includes('cancel') ||
      text.includes('to end')) &&
    EN_WAY_OUT.test(text)
  )
}

/** Range of the Chinese opt-out wording: start and end. */
export function wayOutIn(text: string): readonly [number, number] | undefined {
  if (!phrasesWords.refusalHint.test(text)) return undefined
  const found = ZH_BEFORE.exec(text) ?? ZH_AFTER.exec(text) ?? ZH_CODE.exec(text) ?? ZH_CHOICE.exec(text)
  return found === null ? undefined : [found.index, found.index + found[0].length]
}

const ZH_CONSENT = phrasesWords.zhConsent
/** An invitation to receive messages, and in another sentence how to agree. */
const ZH_INVITATION = phrasesWords.zhInvitation
const ZH_AGREES_BY = phrasesWords.zhAgreesBy
const ZH_CONSENT_REPLY = phrasesWords.zhConsentReply
const ZH_ANSWER = phrasesWords.zhAnswer
const EN_CONSENT =
  /\breply\b[^.!?]{0,10}\b(?:y|yes|join|ok|start)\b[^.!?]{0,24}\b(?:receive|subscribe|consent|opt[ -]?in|agree|get)\b[^.!?]{0,40}\b(?:offers?|promo\w{0,10}|marketing|deals?|news\w{0,8}|updates?|texts?|messages?)\b|\b(?:consent|agree|opt[ -]?in|like)\b[^.!?]{0,24}\b(?:receiv\w{1,4}|get)\b[^!]{0,50}\breply\b[^.!?]{0,10}\b(?:y|yes|join|ok)\b|\breply\b[^.!?]{0,10}\b(?:y|yes)\b[^.!?]{0,12}\bopt[ -]?in\b/

/** Whether the text asks the recipient to agree to marketing messages, in any wording. */
export function asksForConsent(text: string, inUsualForm = asksInUsualForm(text)): boolean {
  return inUsualForm || requestsConsent(text)
}

/**
 * Whether the text asks in one of the standard forms. Only then is it certain not to advertise: an advertisement may also ask,
 * in free wording.
 */
export function asksInUsualForm(text: string): boolean {
  if (phrasesWords.consentHint.test(text)) {
    if (ZH_CONSENT.test(text) && ZH_ANSWER.test(text)) return true
    if (ZH_CONSENT_REPLY.test(text)) return true
    if (ZH_AGREES_BY.test(text) && ZH_INVITATION.test(text)) return true
  }
  return text.includes('reply') && EN_CONSENT.test(text)
}

const ZH_OTP_AFTER = phrasesWords.zhOtpAfter
const ZH_OTP_BEFORE = phrasesWords.zhOtpBefore
const ZH_OTP_FILLED = phrasesWords.zhOtpFilled
const EN_OTP =
  /\b(?:otp|passcode|pass code|pin|verification code|security code|access code|login code|log-?in code|one[ -]time (?:password|code|pin|passcode)|authentication code|confirmation code|auth code|code)\b[^0-9!?]{0,24}(?:[a-z]-)?(?:\d{4,8}|\d{3}[ -]\d{3})(?!\d)|\b(?:otp|passcode|pin|code)\b[^!?]{0,60}\bis:?\s{0,2}(?:[a-z]-)?\d{4,8}(?!\d)|(?<![\d.,*])(?:[a-z]-)?(?:\d{4,8}|\d{3}[ -]\d{3})\b[^0-9!?]{0,40}\b(?:otp|passcode|verification code|security code|access code|login code|one[ -]time|authentication code|confirmation code|code)\b/

/** Whether the text looks like a one-time password message: a keyword and 4 to 8 digits next to it. */
export function isOtp(text: string): boolean {
  if (phrasesWords.otpHint.test(text)) {
    if (ZH_OTP_AFTER.test(text) || ZH_OTP_BEFORE.test(text) || ZH_OTP_FILLED.test(text)) return true
  }
  return /\b(?:otp|pin|code|passcode|one)\b/.test(text) && EN_OTP.test(text)
}

const REPLY_WORDS = new Set(phrasesWords.replyWords.split(' '))

/** Whether a subscriber's reply is an opt-out: a keyword alone, or with one word around it. */
export function optOutReply(text: string): boolean {
  const bare = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{P}\p{S}\p{Cf}]/gu, '')
  if (bare.length === 0 || bare.length > 40) return false
  if (REPLY_WORDS.has(bare)) return true
  if (phrasesWords.replyCode.test(bare)) return true
  return phrasesWords.replySentence.test(bare)
}
