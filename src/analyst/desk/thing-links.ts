import { mostFrequent } from '../../domain/maps.ts'
import { domainsOf } from '../archive/alert-hosts.ts'
import { MOST_SHARED, type Thing, type ThingAlert, type ThingFound } from '../archive/things.ts'
import type { GraphData, GraphNode } from './chart-data.ts'
import { PALETTE } from './charts.ts'
import { type ThingKind, thingPath } from './tables.ts'
import type { Speech, Word } from './words.ts'

/** Kinds of related things in the order of the lists; numbers have no page. */
const KINDS = ['brand', 'signature', 'port', 'domain', 'campaign', 'enterprise', 'number'] as const
export type LinkKind = (typeof KINDS)[number]
export const LINK_WORDS: Readonly<Record<LinkKind | 'recipient', Word>> = {
  ...{ brand: 'brand', signature: 'signature', port: 'port', domain: 'ofDomain', campaign: 'byCampaign' },
  ...{ enterprise: 'enterprise', number: 'numbers', recipient: 'recipient' },
}

/** Related things with the number of newest alerts that name them, or of messages sent with them. */
export interface Shared {
  readonly kind: LinkKind
  readonly bySent: boolean
  readonly names: readonly (readonly [name: string, n: number])[]
}

function namesIn({ signature, port, campaign, event }: ThingAlert): [LinkKind, string][] {
  const { reasons, contacts } = event.data
  const brands = reasons.flatMap(({ evidence }) => (evidence as { brand?: unknown }).brand ?? [])
  const named: (readonly [LinkKind, unknown])[] = [
    ...brands.map((brand) => ['brand', brand] as const),
    ...[['signature', signature] as const, ['port', port] as const, ['campaign', campaign] as const],
    ...domainsOf(event).map((host) => ['domain', host] as const),
    ...(contacts?.phones ?? []).map((phone) => ['number', phone] as const),
  ]
  return named.filter((one): one is [LinkKind, string] => typeof one[1] === 'string' && one[1] !== '')
}

/** Related things by kind, most frequent first. */
export function sharedOf({ thing, newest, sentWith }: ThingFound): Shared[] {
  return KINDS.flatMap((kind): Shared[] => {
    if (kind === thing.kind) return []
    const sent = sentWith.filter((one) => one.kind === kind)
    if (sent.length > 0) return [{ kind, bySent: true, names: sent.map(({ name, n }) => [name, n] as const) }]
    const shown = newest.flatMap((alert) => [
      ...new Set(namesIn(alert).flatMap(([of, name]) => (of === kind ? [name] : []))),
    ])
    const names = mostFrequent(shown, MOST_SHARED)
    return names.length === 0 ? [] : [{ kind, bySent: false, names }]
  })
}

/** Maximum number of related things per kind in the graph. */
const DRAWN = 6

/** The graph of a thing and its related things. Edges between related things stand for alerts that name both. */
export function linksOf(
  { thing, newest }: ThingFound,
  shared: readonly Shared[],
  { say, brand }: Speech,
): GraphData {
  const idOf = (kind: string, name: string) => `${kind} ${name}`
  const center = idOf(thing.kind, thing.name)
  const kinds = [...new Set([thing.kind, ...shared.map(({ kind }) => kind)])]
  const nodeOf = (kind: LinkKind | Thing['kind'], name: string, count: number): GraphNode => {
    const href = kind === 'number' || kind === 'recipient' ? undefined : thingPath(kind as ThingKind, name)
    const shown = kind === 'recipient' ? say('recipient') : kind === 'brand' ? brand(name) : name
    return {
      ...{ id: idOf(kind, name), name: shown, category: kinds.indexOf(kind as Thing['kind']), count },
      ...(href !== undefined && { href }),
    }
  }
  const drawn = shared.flatMap(({ kind, names }) =>
    names.slice(0, DRAWN).map(([name, n]) => [kind, name, n] as const),
  )
  const nodes = new Map(drawn.map(([kind, name, n]) => [idOf(kind, name), nodeOf(kind, name, n)]))
  const edges = new Map(drawn.map(([kind, name, n]) => [`${center}\n${idOf(kind, name)}`, n]))
  for (const alert of newest) {
    const ids = [...new Set(namesIn(alert).map(([kind, name]) => idOf(kind, name)))]
      .filter((id) => nodes.has(id))
      .sort()
    ids.forEach((a, i) => {
      for (const b of ids.slice(i + 1)) edges.set(`${a}\n${b}`, (edges.get(`${a}\n${b}`) ?? 0) + 1)
    })
  }
  return {
    categories: kinds.map((kind, i) => ({
      name: say(LINK_WORDS[kind]),
      colour: PALETTE[i % PALETTE.length]!,
    })),
    nodes: [nodeOf(thing.kind, thing.name, Math.max(1, ...drawn.map(([, , n]) => n))), ...nodes.values()],
    edges: [...edges].map(([key, count]) => {
      const [source = '', target = ''] = key.split('\n')
      return { source, target, count }
    }),
  }
}
