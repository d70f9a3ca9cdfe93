import type { DecidedBy } from './alert.ts'
import type { Alike } from './alike.ts'
import { given } from './given.ts'
import type { KnownTemplates } from './known-templates.ts'
import type { Notices } from './notices.ts'
import type { Policy } from './policy.ts'
import type { Classifier } from './ports.ts'
import type { Registry } from './registry.ts'

/** The content behind a hash that alerts name: what a reader needs to tell later by what was decided. */
export interface VersionContent {
  /** As `provenance` of an alert names it; of the brand list as the registry's content names it. */
  readonly hash: string
  readonly kind: 'policy' | 'registry' | 'model' | 'brands' | 'rules'
  /** Of a policy: its rules, defaults filled in. Of own rules: what their file says. Of a registry: what it is made of. Of the brand list: its brands. */
  readonly content?: unknown
  /** Of a model: its card. */
  readonly card?: unknown
}

/** What decisions rest on: one set for a batch, from its first stage to its last. */
export interface Versions {
  readonly classifier: Classifier
  readonly policy: Policy
  readonly registry: Registry
  /** What notices of brands look like: samples and what was learned, which grows meanwhile. */
  readonly notices?: Notices
  /** What was confirmed as fraud or illicit, which grows meanwhile. */
  readonly templates?: KnownTemplates
  /** How advertisements are alike, and what signatures advertise: as seen so far. */
  readonly alike?: Alike
}

/** The set in force now. */
export interface VersionsInForce {
  readonly current: Versions
}

/** What can be reloaded while the service runs; own rules go with the policy. */
export type Versioned = 'model' | 'policy' | 'registry'

/** The versions as an alert names them. */
export function provenanceOf(versions: Versions): DecidedBy {
  const { classifier, policy, registry } = versions
  return {
    model: classifier.id,
    policy: policy.hash,
    registry: registry.hash,
    ...given({ rules: policy.own?.hash }),
  }
}
