import { canonicalNumber } from './canonical-number.ts'

/** The id of a target with its port, if it has one, in canonical form; ports may be prefixes (`106900*`). */
export function canonicalTargetId(kind: string, id: string): string {
  if (kind === 'port') return canonicalPort(id)
  if (kind !== 'sender') return id
  const at = id.lastIndexOf('@')
  return at < 0 ? id : `${id.slice(0, at + 1)}${canonicalPort(id.slice(at + 1))}`
}

function canonicalPort(port: string): string {
  return port.endsWith('*') ? `${canonicalNumber(port.slice(0, -1))}*` : canonicalNumber(port)
}
