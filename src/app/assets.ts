import { fileURLToPath } from 'node:url'
import type { Finding } from '../domain/decision.ts'
import type { Emit } from '../domain/events.ts'
import { createDescribe } from '../policy/describe.ts'
import { type ClassifierHolder, openClassifierHolder } from './classifier-holder.ts'
import type { Config } from './config.ts'
import { openPolicy, type PolicyHolder } from './policy-holder.ts'
import { openRegistry, type RegistryHolder } from './registry-holder.ts'

/** The files that decisions rest on, loaded and checked; each holder has the version in force. */
export interface Assets {
  readonly classifier: ClassifierHolder
  readonly policy: PolicyHolder
  readonly registry: RegistryHolder
  readonly describe: (finding: Finding) => { readonly detail: string; readonly rule?: string }
}

/** The model that comes with sigwatch. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../models/sms-zh/1', import.meta.url))

/** Loads model, policy and registry as configured; what is not configured is the shipped one. */
export async function openAssets(config: Config, emit: Emit): Promise<Assets> {
  const policy = openPolicy(config.policy ?? undefined, emit)
  const registry = openRegistry(config.registry ?? undefined, emit)
  const classifier = await openClassifierHolder({
    dir: config.model ?? SHIPPED_MODEL,
    backend: config.inference.backend,
    emit,
  })
  return { classifier, policy, registry, describe: createDescribe(config.locale) }
}
