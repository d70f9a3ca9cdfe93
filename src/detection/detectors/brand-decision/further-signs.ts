import { isFiledHere } from '../../../domain/filing.ts'
import { type Head, likelyHeads } from '../../../domain/heads.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Claim, Registry } from '../../../domain/registry.ts'
import { ACCOUNT_DIGITS } from '../shared/objects.ts'
import { isHandle, type Traces } from '../shared/traces.ts'
import { quotesMessage } from './quotation.ts'

/** Signs from the heads of the text model, for texts that may be malicious. */
const HEAD_SIGNS = {
  'head:any': 'the heads of the text model have read it, because it may be malicious',
  'head:payment': 'wants a payment, transfer or top-up',
  'head:secret': 'wants a code, password, card number or identity',
  'head:app': 'wants an app installed, the screen shared or a meeting joined',
  'head:contact': 'wants an account or group of a chat service added, followed or written to',
  'head:call': 'wants a call, or gives a number to call',
  'head:reply': 'wants an answer or a command, not to opt out',
  'head:link': 'wants a link opened',
  'head:lure': 'promises a gain; a price alone is none',
  'head:pressure': 'presses: a deadline, a loss, urgency',
  'head:threat': 'threatens with law, police, credit record, exposure or violence',
  'head:brand': 'speaks as a company known in the country or region',
  'head:office': 'speaks as an authority, court, school or hospital',
  'head:person': 'speaks as a person',
  'head:shop': 'speaks as a shop or other business, lawful or not',
  'head:warns': 'warns of fraud, or against giving codes away',
} as const satisfies Readonly<Record<`head:${Head | 'any'}`, string>>

export const FURTHER_SIGNS = {
  'claim:sure-imitation': 'the signature is so like a name of the brand that it can mean no other',
  'claim:addressed': 'the text speaks of the reader’s account with the brand',
  'brand:unverified': 'the brand is not verified in its list',
  'filed:here': 'the port is filed for the signature',
  'port:foreign': 'the brand has filed ports, and this is none of them',
  'from:overseas': 'it comes from a number overseas',
  'callback:foreign': 'it names a number or handle that is neither official nor the sender’s',
  'contact:own': 'the only number or handle that it names is the sender’s',
  'contact:unusual': 'it names a number overseas or a handle of a chat service',
  'link:any': 'it has a link',
  'number:account': 'it holds the digits of a card or an account',
  'text:traditional': 'it is written in traditional characters',
  'text:quotes':
    'its links, numbers, handles and signatures are within quotation marks, with other words outside them',
  ...HEAD_SIGNS,
  'weighed:low': 'all signs together: less than 10% certain',
  'weighed:enough': 'all signs together: as certain as the policy asks for',
} as const satisfies Readonly<Record<string, string>>

export type FurtherSign = keyof typeof FURTHER_SIGNS

/** Strength from which a name is certainly claimed and no other company is meant. */
const SURE_NAME = 0.85
/** Strength from which a text addresses the reader's account with the brand. */
const ADDRESSED = 0.7

const ACCOUNT = new RegExp(String.raw`(?<!\d)${ACCOUNT_DIGITS}(?!\d)`)

export function furtherSigns(
  claim: Claim | undefined,
  traces: Traces,
  message: AnalysedMessage,
  registry: Registry,
): FurtherSign[] {
  const signs: FurtherSign[] = []
  const add = (there: boolean, sign: FurtherSign) => {
    if (there) signs.push(sign)
  }
  if (claim) {
    const { by, strength, lookalike, brand } = claim
    const isSure = strength >= SURE_NAME || lookalike?.how === 'added-word'
    add(by === 'lookalike' && isSure, 'claim:sure-imitation')
    add(by === 'speaker' && strength >= ADDRESSED, 'claim:addressed')
    add(brand.verified === false, 'brand:unverified')
  }
  const { contacts, from, urls, normalised, traditional } = message
  add(isFiledHere(message, registry), 'filed:here')
  add(traces.foreignPort, 'port:foreign')
  add(traces.sender === 'overseas', 'from:overseas')
  add(traces.foreignCallback !== undefined, 'callback:foreign')
  add(contacts.length > 0 && contacts.every(({ value }) => value === from), 'contact:own')
  add(
    contacts.some((contact) => contact.kind === 'overseas' || isHandle(contact)),
    'contact:unusual',
  )
  add(urls.length > 0, 'link:any')
  add(ACCOUNT.test(normalised.text), 'number:account')
  add(traditional, 'text:traditional')
  add(quotesMessage(message), 'text:quotes')
  if (message.heads)
    signs.push('head:any', ...likelyHeads(message.heads).map((head) => `head:${head}` as const))
  return signs
}
