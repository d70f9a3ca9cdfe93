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

/** The files used for decisions, loaded and validated; each holder has the current version. */
export interface Assets {
  readonly classifier: ClassifierHolder
  readonly policy: PolicyHolder
  readonly registry: RegistryHolder
  /** Notices of brands: shipped samples and learned ones. */
  readonly notices: NoticeIndex
  readonly templates: TemplateIndex
  /** Similarity of advertisements, and what signatures advertise. */
  readonly alike: AlikeIndex
  readonly describe: (finding: Pick<Finding, 'code' | 'evidence'>) => {
    readonly detail: string
    readonly rule?: string
  }
}

export const SHIPPED_MODEL = fileURLToPath(new URL('../../../models/sms-zh/4', import.meta.url))

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
 * Loads model, policy, own rules and registry as configured, with the shipped ones as defaults. `registryMap` maps registry rows
 * of another format.
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
