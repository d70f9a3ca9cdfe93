import type { AnalysedMessage } from '../../../domain/message.ts'
import { publicBodyWords } from '../../rules/patterns.generated.ts'

/** Whether a message is signed with the name of a public body, in the form in which they are filed. */
export function isPublicBody({ signature }: AnalysedMessage): boolean {
  return signature !== undefined && publicBodyWords.publicBody.test(signature.name)
}
