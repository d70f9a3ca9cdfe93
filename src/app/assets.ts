import { fileURLToPath } from 'node:url'
import type { Finding } from '../domain/decision.ts'
import type { Emit } from '../domain/events.ts'
import type { Policy } from '../domain/policy.ts'
import type { Classifier } from '../domain/ports.ts'
import { openClassifier } from '../model/classifier.ts'
import { createDescribe } from '../policy/describe.ts'
import { loadPolicy } from '../policy/load.ts'
import type { Config } from './config.ts'
import { openRegistry, type RegistryHolder } from './registry-holder.ts'

/** The files that decisions rest on, loaded and checked. */
export interface Assets {
  readonly classifier: Classifier
  readonly policy: Policy
  readonly registry: RegistryHolder
  readonly describe: (finding: Finding) => { readonly detail: string; readonly rule?: string }
}

/** The model that comes with sigwatch. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../models/sms-zh/1', import.meta.url))

/** Loads model, policy and registry as configured; what is not configured is the shipped one. */
export async function openAssets(config: Config, emit: Emit): Promise<Assets> {
  const policy = loadPolicy(config.policy ?? undefined)
  emit({ name: 'policy_loaded', hash: policy.hash })
  const registry = openRegistry(config.registry ?? undefined, emit)
  const classifier = await openClassifier({
    dir: config.model ?? SHIPPED_MODEL,
    backend: config.inference.backend,
    onNotice: (message) => emit({ name: 'warning', message }),
  })
  emit({ name: 'model_loaded', id: classifier.id, backend: classifier.backend })
  return { classifier, policy, registry, describe: createDescribe(config.locale) }
}
