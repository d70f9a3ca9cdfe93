import type { AnalysedMessage } from '../../../domain/message.ts'
import { publicBodyWords } from '../../rules/patterns.generated.ts'

const PUBLIC_BODY = [
  publicBodyWords.publicBody,
  publicBodyWords.publicBody2,
  publicBodyWords.publicBody3,
  publicBodyWords.publicBody4,
]

/** Whether a message is signed with the name of a public body, in the form in which they are filed. */
export function isPublicBody({ signature }: AnalysedMessage): boolean {
  return signature !== undefined && PUBLIC_BODY.some((name) => name.test(signature.name))
}
