import { fileURLToPath } from 'node:url'
import type { Finding } from '../../domain/decision.ts'
import type { Emit } from '../../domain/events.ts'
import type { Versions } from '../../domain/versions.ts'
import type { Config } from '../../settings/config.ts'
import type { RowMap } from '../../settings/files/row-file.ts'
import type { AlikeIndex } from '../alike/alike-index.ts'
import { createDescribe } from '../detectors/describe.ts'
import type { NoticeIndex } from '../notices/notice-index.ts'
import { TemplateIndex } from '../templates/template-index.ts'
import { ClassifierHolder } from './classifier-holder.ts'
import { PolicyHolder } from './policy-holder.ts'
import { RegistryHolder } from './registry-holder.ts'
import { openNotices } from './sample-notices.ts'
import { openAlike } from './shipped-trades.ts'

/** The files that decisions rest on, loaded and checked; each holder has the version in force. */
export interface Assets {
  readonly classifier: ClassifierHolder
  readonly policy: PolicyHolder
  readonly registry: RegistryHolder
  /** What notices of brands look like: the samples, and what is learned. */
  readonly notices: NoticeIndex
  /** What was confirmed as fraud or illicit. */
  readonly templates: TemplateIndex
  /** How advertisements are alike, and what signatures advertise. */
  readonly alike: AlikeIndex
  readonly describe: (finding: Pick<Finding, 'code' | 'evidence'>) => {
    readonly detail: string
    readonly rule?: string
  }
}

/** The model that comes with sigwatch. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../../models/sms-zh/4', import.meta.url))

/** What was loaded last. */
export function loadedVersions({
  classifier,
  policy,
  registry,
  notices,
  templates,
  alike,
}: Assets): Versions {
  return {
    classifier: classifier.current,
    policy: policy.current,
    registry: registry.current,
    notices,
    templates,
    alike,
  }
}

/**
 * Loads model, policy, own rules and registry as configured; what is not configured is the shipped one. `registryMap` reads a registry
 * whose rows have another form.
 */
export async function openAssets(config: Config, emit: Emit, registryMap?: RowMap): Promise<Assets> {
  const policy = new PolicyHolder(config.policy ?? undefined, emit, config.rules ?? undefined)
  const registry = new RegistryHolder(
    config.registry ?? undefined,
    emit,
    () => policy.current.requireChange === true,
    registryMap,
  )
  const classifier = await ClassifierHolder.open({
    dir: config.model ?? SHIPPED_MODEL,
    backend: config.inference.backend,
    emit,
  })
  const notices = openNotices()
  const describe = createDescribe(config.locale)
  const templates = new TemplateIndex()
  return { classifier, policy, registry, notices, templates, alike: openAlike(notices), describe }
}
