import type { Lookalike } from '../../../domain/registry.ts'
import * as fields from '../evidence-fields.ts'

/** Threshold: similarity that is sufficient by itself. */
export const minSimilarity = (of: string, to: string) => ({
  default: 0.85,
  unit: 'similarity',
  min: 0.5,
  max: 1,
  says: `likeness of the ${of} to a registered ${to} from which it counts; 1 is equal`,
})

/** Threshold: lower similarity that needs confirmation by the rest of the message. */
export const CONFIRMED_FROM = {
  default: 0.8,
  unit: 'similarity',
  min: 0.5,
  max: 1,
  says: 'the same, if the rest of the message confirms it',
}

export const BRAND_IMITATED = fields.text('id of the brand that is imitated')
export const SIMILARITY = fields.share('likeness by itself; 1 is certain')

export function imitationOf(imitation: string, { brand, original, how, similarity }: Lookalike) {
  return { brand: brand.id, imitation, original, how, similarity }
}
