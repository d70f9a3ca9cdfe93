import type { DecidedBy } from './alert.ts'
import type { Alike } from './alike.ts'
import { given } from './given.ts'
import type { KnownTemplates } from './known-templates.ts'
import type { Notices } from './notices.ts'
import type { Policy } from './policy.ts'
import type { Classifier } from './ports.ts'
import type { Registry } from './registry.ts'

/** The content behind a hash in alerts, for tracing a decision later. */
export interface VersionContent {
  /** As in `provenance` of an alert; for the brand list, as in the registry's content. */
  readonly hash: string
  readonly kind: 'policy' | 'registry' | 'model' | 'brands' | 'rules'
  /** Policy: its rules with defaults filled in. Own rules: the parsed file. Registry: its composition. Brand list: its brands. */
  readonly content?: unknown
  /** Model: its card. */
  readonly card?: unknown
}

/** The versions used for decisions: one set per batch, from its first stage to its last. */
export interface Versions {
  readonly classifier: Classifier
  readonly policy: Policy
  readonly registry: Registry
  /** Notices of brands: shipped samples and learned ones, growing while in use. */
  readonly notices?: Notices
  /** Templates confirmed as fraud or illicit, growing while in use. */
  readonly templates?: KnownTemplates
  /** Similarity of advertisements and what signatures advertise, learned so far. */
  readonly alike?: Alike
}

export interface VersionsInForce {
  readonly current: Versions
}

/** Versions that can be reloaded at runtime; own rules are reloaded with the policy. */
export type Versioned = 'model' | 'policy' | 'registry'

export function provenanceOf(versions: Versions): DecidedBy {
  const { classifier, policy, registry } = versions
  return {
    model: classifier.id,
    policy: policy.hash,
    registry: registry.hash,
    ...given({ rules: policy.own?.hash }),
  }
}
