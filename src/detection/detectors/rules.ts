import { citationWords } from '../rules/chinese.generated.ts'
import type { Locale } from './words.ts'

/** Full names of the laws by short form; the Chinese name is the official one, as cited. */
export const LAWS = citationWords.laws satisfies Readonly<Record<string, Readonly<Record<Locale, string>>>>

interface Rule {
  readonly law: keyof typeof LAWS
  /** Absent if the article number is not certain. */
  readonly article?: number
  readonly says: string
}

/** Regulations behind the codes, reviewed manually. A code without a clearly applicable one names none. */
export const RULES = {
  definitionOfFraud: {
    law: 'Anti-Fraud Law',
    article: 2,
    says: 'Telecom and online fraud is taking property by deceit over telecommunication networks, at a distance and without contact.',
  },
  identityOfTheSender: {
    law: 'Advertising Law',
    article: 43,
    says: 'Who sends advertisements electronically must state the true identity and contact of the sender.',
  },
  servicePorts: {
    law: 'MIIT-31',
    says: 'Ports for business management and service messages must not be used for commercial messages.',
  },
  consent: {
    law: 'MIIT-31',
    article: 18,
    says: 'No commercial message without the consent or the request of the user; no answer counts as no consent.',
  },
  refusal: {
    law: 'MIIT-31',
    article: 18,
    says: 'Once the user has refused, sending of commercial messages must stop.',
  },
  askingAgain: {
    law: 'MIIT-31',
    article: 18,
    says: 'A user who refused or did not answer a request for consent must not be sent the same or a similar one again.',
  },
  wayToRefuse: {
    law: 'MIIT-31',
    says: 'A commercial message must come with an easy and effective way to refuse further ones, and must name it.',
  },
} as const satisfies Readonly<Record<string, Rule>>

export type RuleName = keyof typeof RULES

/** The short form, as alerts cite it: `MIIT-31 art. 18`. */
export function citation(name: RuleName): string {
  const { law, article }: Rule = RULES[name]
  return article === undefined ? law : `${law} art. ${article}`
}

const CITED = /^(.+?)(?: art\. (\d+))?$/

/** A short form as cited in a language: `《通信短信息服务管理规定》（…）第十八条`. Unlisted laws are returned unchanged. */
export function citedIn(locale: Locale, short: string): string {
  const [, law = '', article] = CITED.exec(short) ?? []
  if (locale === 'en' || !Object.hasOwn(LAWS, law)) return short
  const name = LAWS[law as keyof typeof LAWS][locale]
  return article === undefined
    ? name
    : `${name}${citationWords.article.replace('{n}', chineseNumber(Number(article)))}`
}

const DIGITS = citationWords.digits

/** A number below 100 in Chinese numerals, as articles are numbered; larger ones stay in digits. */
function chineseNumber(value: number): string {
  if (value > 99) return String(value)
  const [tens, ones] = [Math.floor(value / 10), value % 10]
  const ten = tens === 0 ? '' : `${tens === 1 ? '' : DIGITS[tens]}${citationWords.ten}`
  return `${ten}${ones === 0 ? '' : DIGITS[ones]}`
}
