/** A signature without surrounding brackets and spaces. */
export function bareSignature(signature: string): string {
  return signature.replace(/^[\s【]+|[\s】]+$/gu, '')
}
