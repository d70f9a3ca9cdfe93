import { isFiledHere } from '../../../domain/filing.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Claim, Registry } from '../../../domain/registry.ts'
import { ACCOUNT_DIGITS } from '../shared/objects.ts'
import { isHandle, type Traces } from '../shared/traces.ts'

/** Signs that have no weight and that rules ask for. */
export const FURTHER_SIGNS = {
  'claim:sure-imitation': 'the signature is so like a name of the brand that no other company is meant',
  'claim:addressed': 'the text tells the reader of his account with the brand',
  'brand:unverified': 'the row of the brand is not verified',
  'filed:here': 'the port is filed for the signature',
  'port:foreign': 'the brand has filed ports, and this is none of them',
  'from:overseas': 'it comes from a number overseas',
  'callback:foreign': 'it names a number or handle that is not official and not its own',
  'contact:own': 'the only number or handle that it names is its own',
  'contact:unusual': 'it names a number overseas or a handle of a chat service',
  'link:any': 'it has a link',
  'number:account': 'it holds the digits of a card or an account',
  'text:traditional': 'it is written in traditional characters',
  'weighed:low': 'all signs together make it less than 10% certain',
  'weighed:enough': 'all signs together make it as certain as the policy asks for',
} as const satisfies Readonly<Record<string, string>>

export type FurtherSign = keyof typeof FURTHER_SIGNS

/** From here on a name is claimed, and no other company is meant. */
const SURE_NAME = 0.85
/** From here on a text tells the reader of his account with the brand. */
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
  return signs
}
