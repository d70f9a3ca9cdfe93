import type { Block } from './letter.ts'
import type { Say } from './words.ts'

/** What surrounds a letter, from the settings `letters.*` and from the form or command that asks for it. */
export interface Surround {
  /** Lines at the top. */
  readonly letterhead: readonly string[]
  /** Absent if the letter is not kept under a number. */
  readonly fileNumber?: string
  /** For example `2026-11-12`. */
  readonly date: string
  readonly addressee?: string
  /** Where objections go; null if there is no such line. */
  readonly contact: string | null
}

/** The whole letter: letterhead, file number, date and addressee, content, and where objections go. */
export function wholeLetter(content: readonly Block[], surround: Surround, say: Say): Block[] {
  const { letterhead, fileNumber, date, addressee, contact } = surround
  const facts = [
    ...(fileNumber === undefined ? [] : [[say('fileNumber'), fileNumber] as const]),
    [say('date'), date] as const,
    ...(addressee === undefined ? [] : [[say('addressee'), addressee] as const]),
  ]
  return [
    ...letterhead.map((text): Block => ({ kind: 'text', text })),
    { kind: 'facts', facts },
    ...content,
    ...(contact === null ? [] : [{ kind: 'text', text: say('objectTo', { contact }) } as const]),
  ]
}
