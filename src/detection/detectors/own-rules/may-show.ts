import type { AnalysedMessage } from '../../../domain/message.ts'
import { DISGUISED_FROM, textSign } from '../brand-decision/signs.ts'
import { senderKind } from '../shared/sender-kind.ts'

/** Cheap check whether a message may show a sign. */
export type MayShow = (message: AnalysedMessage) => boolean

const LINKS: MayShow = ({ urls }) => urls.length > 0
const CONTACTS: MayShow = ({ contacts }) => contacts.length > 0

const BY_NAME: Readonly<Record<string, MayShow>> = {
  'words:opt-out': ({ optOut }) => optOut,
  'words:one-time-password': ({ otp }) => otp,
  'words:disguised': ({ normalised }) => normalised.folded >= DISGUISED_FROM,
  'text:personal': ({ label }) => label === 'personal',
  'text:advertises': ({ label }) => label === 'marketing' || label === 'finance',
  'text:traditional': ({ traditional }) => traditional,
  'signed:other': ({ signature }) => signature !== undefined,
  'signed:anybody': ({ signature }) => signature !== undefined,
  'signed:public-body': ({ signature }) => signature !== undefined,
  'sender:mobile': ({ from }) => senderKind(from) === 'mobile',
  'sender:landline': ({ from }) => senderKind(from) === 'landline',
  'sender:overseas': ({ from }) => senderKind(from) === 'overseas',
  'from:overseas': ({ from }) => senderKind(from) === 'overseas',
}

/** Checks by the prefix before the colon. */
const BY_KIND: Readonly<Record<string, MayShow>> = { link: LINKS, contact: CONTACTS, callback: CONTACTS }

/** The check for a sign: false only if the message cannot show it. */
export function mayShow(sign: string): MayShow {
  if (Object.hasOwn(BY_NAME, sign)) return BY_NAME[sign]!
  const [kind = ''] = sign.split(':')
  if (kind === 'text') return (message) => textSign(message) === sign
  return Object.hasOwn(BY_KIND, kind) ? BY_KIND[kind]! : () => true
}
