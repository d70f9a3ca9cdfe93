export function bareSignature(signature: string): string {
  return signature.replace(/^[\s【]+|[\s】]+$/gu, '')
}
