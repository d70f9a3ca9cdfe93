import { domainToASCII } from 'node:url'
import { enclosing } from '../../domain/allowance.ts'
import type { Match, Target } from '../../domain/decision.ts'
import type { Label } from '../../domain/labels.ts'
import { portMatches, type Registry } from '../../domain/registry.ts'
import type { StateStore } from '../../domain/state-store.ts'
import { inSlices } from '../../domain/steps.ts'
import type { OpenStates } from '../../stores/states/open-states.ts'
import { isIpAddress, registeredOf } from '../../text/hosts.ts'
import { FeedbackRefusal } from './feedback-refusal.ts'
import { ORDERED_KINDS, portFault } from './row-checks.ts'

/** The subject of an order: a target, and the labels to which it is limited. */
export interface Ordered {
  readonly target: Target
  readonly labels?: readonly Label[] | undefined
}

export interface OrderedParts {
  readonly registry: Registry
  readonly open: OpenStates
  readonly store: Pick<StateStore, 'alerted'>
}

const GIVE_LABELS = 'give the labels of the texts that it is to stop, or its one-time passwords stop too'

/**
 * The match of an order, and its target in the form used to name states. Throws FeedbackRefusal if it would stop all
 * messages of a registered brand whatever their content, or if the target is unknown.
 */
export async function orderedMatch(
  { target, labels }: Ordered,
  parts: OrderedParts,
): Promise<{ readonly target: Target; readonly match: Match }> {
  const limits = labels ? { labels } : {}
  const { registry } = parts
  const { kind, id } = target
  const refuseOwn = (isOwn: boolean, what: string) => {
    if (isOwn && !labels) throw new FeedbackRefusal(`${what}: ${GIVE_LABELS}`)
  }
  const refusePort = async (port: string) => {
    const fault = portFault(port)
    if (fault !== undefined) throw new FeedbackRefusal(fault)
    const isFiled = !labels && (await inSlices(registry.filesPort(port)))
    refuseOwn(isFiled, 'the port is filed for a registered signature')
  }
  switch (kind) {
    case 'domain': {
      const domain = domainToASCII(id.replace(/\.$/, ''))
      if (!isIpAddress(domain) && !registeredOf(domain))
        throw new FeedbackRefusal(
          'it is not a domain: write it without https:// and path, like jd-verify.top',
        )
      refuseOwn(registry.brandByHost(domain) !== undefined, 'the domain is that of a registered brand')
      return { target: { kind, id: domain }, match: { domains: [domain], ...limits } }
    }
    case 'port':
      await refusePort(id)
      return { target, match: { ports: [id], ...limits } }
    case 'signature':
      refuseOwn(isRegistered(id, registry), 'the signature is registered')
      return { target, match: { signature: id, ...limits } }
    case 'sender': {
      const at = id.lastIndexOf('@')
      const [signature, port] = [id.slice(0, at), id.slice(at + 1)]
      if (at < 1 || port === '') throw new FeedbackRefusal('a sender is <signature>@<port>')
      await refusePort(port)
      return { target, match: { ...(signature === '-' ? {} : { signature }), ports: [port], ...limits } }
    }
    case 'brand-claim': {
      const brand = registry.brand(id) ?? registry.brandByName(id)
      if (!brand) throw new FeedbackRefusal('no brand of the registry has this id')
      const exceptPorts = registry.portsOfBrand(brand.id)
      const match = { 'brand-claim': brand.id, ...(exceptPorts.length > 0 ? { exceptPorts } : {}), ...limits }
      return { target: { kind, id: brand.id }, match }
    }
    case 'template': {
      const band = await bandOf(id, parts)
      if (band === undefined)
        throw new FeedbackRefusal(
          'no alert of the last day is on a message of this id, or its text is too short to have a template',
        )
      return { target: { kind, id: band }, match: { template: band, ...limits } }
    }
    default:
      throw new FeedbackRefusal(`a ${kind} cannot be blocked manually (allowed: ${ORDERED_KINDS.join(', ')})`)
  }
}

function isRegistered(name: string, registry: Registry): boolean {
  return registry.signature(name) !== undefined || registry.brandByName(name) !== undefined
}

/** The template of a message, or of one shown in an alert on a state. */
async function bandOf(id: string, { open, store }: OrderedParts): Promise<string | undefined> {
  for (const { alert, match, shown } of open)
    if (alert.id === id || shown?.includes(id)) {
      const band = match.campaign ?? match.template
      if (band !== undefined) return band
    }
  return (await store.alerted(id))?.match?.campaign
}

/** Whether an exemption of a target, which may be a port with `*`, covers an order on another. */
export function coversTarget(exempted: Target, ordered: Target): boolean {
  if (exempted.kind !== ordered.kind) return false
  if (exempted.kind === 'port') return exempted.id === ordered.id || portMatches(exempted.id, ordered.id)
  if (exempted.kind === 'domain') return [...enclosing(ordered.id)].includes(exempted.id)
  return exempted.id === ordered.id
}
