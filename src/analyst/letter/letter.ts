import { type Describe, restsOnCounts, sentenceOf } from '../../detection/detectors/describe.ts'
import { codeText, evidenceIn } from '../../detection/detectors/evidence-words.ts'
import { citedIn } from '../../detection/detectors/rules.ts'
import type { Locale } from '../../detection/detectors/words.ts'
import type { AlertReason } from '../../domain/alert.ts'
import { changeWords } from '../../domain/change.ts'
import { clockTime } from '../../domain/time.ts'
import type { Case } from '../archive/case.ts'
import type { Standing } from '../archive/given-feedback.ts'
import type { Term } from '../evidence/terms.ts'
import type { Reader, Say } from './words.ts'

/** A part of a letter, independent of the output format. */
export type Block =
  | { readonly kind: 'title' | 'heading' | 'text'; readonly text: string }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [name: string, value: string])[] }
  /** Text by others, which must not be interpreted as markup. */
  | { readonly kind: 'quote'; readonly text: string }

export interface LetterOptions {
  readonly reader: Reader
  readonly locale: Locale
  readonly say: Say
  readonly term: Term
  /** The name of a brand, or its id if the name is unknown. */
  readonly brand: (id: string) => string
  /** Generates sentences of findings in the language of the letter. */
  readonly describe: Describe
}

/** Feedback that the letter has a word for; other values, from a later version, are used as they are. */
const RELEASES: ReadonlySet<string> = new Set(['release', 'false_positive'])
/** Status of feedback without effect, or without effect yet. */
const FAILED = ['undone', 'undoing', 'refused', 'unsent', 'waiting'] as const
const VERDICTS = ['confirmed', 'false_positive', 'release', 'exempt'] as const

/**
 * The letter about a case. Subscribers see their own message, codes and rules; senders also see the versions, but no recipient;
 * the regulator sees everything stored, masked, including the evidence. Senders and subscribers are not told which clues gave a
 * message away.
 */
export function letterOf(found: Case, options: LetterOptions): Block[] {
  const { reader, say } = options
  const named = { sender: 'forSender', regulator: 'forRegulator', subscriber: 'forSubscriber' } as const
  return [
    { kind: 'title', text: say(found.alert.data.target.kind === 'message' ? 'title' : 'titleOfState') },
    { kind: 'text', text: say(named[reader]) },
    ...subject(found, options),
    ...message(found, options),
    { kind: 'heading', text: say('why') },
    ...found.alert.data.reasons.flatMap((reason) => reasonBlocks(reason, options)),
    ...(reader === 'subscriber' ? [] : versions(found, options)),
    ...course(found, options),
    { kind: 'text', text: say('closing') },
  ]
}

function subject({ alert }: Case, { reader, say, term, brand }: LetterOptions): Block[] {
  const { target, action } = alert.data
  const name = target.kind === 'brand-claim' ? brand(target.id) : target.id
  const isHidden = target.kind === 'recipient' && reader === 'sender'
  return [
    {
      kind: 'facts',
      facts: [
        [say('what'), isHidden ? say('oneRecipient') : `${term('target', target.kind)} ${name}`],
        [say('when'), beijing(Date.parse(alert.time))],
        [say('action'), term('action', action)],
        [say('id'), alert.id],
      ],
    },
  ]
}

/** Subscribers see the message only if it is their own, which the message of a state may not be. */
function message({ alert }: Case, { reader, say }: LetterOptions): Block[] {
  const { message: shown, target } = alert.data
  if (!shown && reader !== 'subscriber')
    return [{ kind: 'text', text: say(restsOnCounts(alert) ? 'noMessage' : 'messageGone') }]
  if (!shown || (reader === 'subscriber' && target.kind !== 'message')) return []
  return [
    { kind: 'heading', text: say('message') },
    { kind: 'quote', text: shown.text },
    { kind: 'text', text: say('masked') },
    {
      kind: 'facts',
      facts: [
        [say('from'), shown.from],
        ...(shown.signature === undefined ? [] : [[say('signature'), shown.signature] as const]),
        [say('sent'), beijing(shown.ts)],
        ...(reader === 'regulator'
          ? ([
              [say('to'), shown.to ?? '–'],
              [say('token'), shown.toToken],
            ] as const)
          : []),
      ],
    },
  ]
}

function reasonBlocks(reason: AlertReason, { reader, locale, say, describe, brand }: LetterOptions): Block[] {
  const { code, rule, evidence } = reason
  // The id as well, by which the addressee refers to the code in an appeal.
  const called = codeText(code, locale)
  const facts = (more: readonly (readonly [string, string])[]): Block => ({
    kind: 'facts',
    facts: [
      [say('code'), called === code ? code : `${called}（${code}）`],
      ...(rule === undefined ? [] : [[say('rule'), citedIn(locale, rule)] as const]),
      ...more,
    ],
  })
  if (reader !== 'regulator') return [facts([])]
  const { speaksFor, speaksAgainst, facts: said } = evidenceIn(locale, evidence, brand)
  const signs = (name: string, all: readonly string[]) =>
    all.length === 0 ? [] : [[name, all.join(locale === 'en' ? '; ' : '；')] as const]
  return [
    { kind: 'text', text: sentenceOf(reason, describe) },
    facts([
      ...signs(say('speaksFor'), speaksFor),
      ...signs(say('speaksAgainst'), speaksAgainst),
      ...said.map(([name, value]) => [say('evidence', { name }), value] as const),
    ]),
  ]
}

/** Only the regulator is told who changed them. */
function versions({ alert, versions: kept }: Case, { reader, say }: LetterOptions): Block[] {
  const { model, policy, registry, rules } = alert.data.provenance
  const told = (hash: string) => {
    const change = reader === 'regulator' && kept.find((one) => one.hash === hash)?.change
    return change ? say('changedBy', { hash, ...changeWords(change) }) : hash
  }
  return [
    { kind: 'heading', text: say('versions') },
    {
      kind: 'facts',
      facts: [
        [say('model'), model],
        [say('policy'), told(policy)],
        [say('registry'), told(registry)],
        ...(rules === undefined ? [] : [[say('rules'), told(rules)] as const]),
      ],
    },
  ]
}

/** What happened afterwards. Only the regulator is told who acted. */
function course(
  { alert, feedback, enforcements, timeline }: Case,
  { reader, say, term }: LetterOptions,
): Block[] {
  const inOrder = (lines: readonly (readonly [at: Date, line: string])[]) =>
    lines.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, line]) => line)
  const release = feedback
    .filter(({ verdict, standing }) => RELEASES.has(verdict) && !failureOf(standing))
    .at(-1)
  // A correction does not change what was done to the message itself, but the letter says that it was mistaken.
  const isMistaken = release?.verdict === 'false_positive' && alert.data.target.kind === 'message'
  const lines =
    reader === 'regulator'
      ? inOrder([
          ...timeline.map(({ ts, type }) => [ts, `${beijing(Number(ts))} ${term('event', type)}`] as const),
          ...enforcements.map(
            ({ ts, action, by }) =>
              [ts, say('enforced', { at: beijing(Number(ts)), action: term('action', action), by })] as const,
          ),
          ...feedback.map((row) => [row.ts, judgement(row, say)] as const),
        ])
      : release
        ? [say(isMistaken ? 'mistaken' : 'released', { at: beijing(Number(release.ts)) })]
        : []
  const told = lines.length === 0 ? [say('nothing')] : lines
  return [{ kind: 'heading', text: say('course') }, ...told.map((text): Block => ({ kind: 'text', text }))]
}

function failureOf(standing: Standing | undefined) {
  return FAILED.find((one) => one === standing)
}

function judgement({ ts, verdict, by, note, standing }: Case['feedback'][number], say: Say): string {
  const named = VERDICTS.find((word) => word === verdict)
  const given = named === undefined ? verdict : say(named)
  const failure = failureOf(standing)
  const said = `${say('givenBy', { at: beijing(Number(ts)), verdict: given, by })}${failure ? ` (${say(failure)})` : ''}`
  return note === null ? said : `${said}: ${note}`
}

/** Beijing time to the second. */
function beijing(ms: number): string {
  return `${clockTime(ms)} (UTC+8)`
}
