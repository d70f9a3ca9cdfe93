import { type MessageDetector, threshold } from '../domain/detector.ts'

/**
 * OBFUSCATED_TEXT: normalisation had to fold at least `minFolded` characters beyond width, case and traditional forms,
 * and they are at least `minShare` of the text. Score: 0.5 at the limits, up to 1 at five times the share.
 * Evidence: `folded`, `length` (both in code units of the normalised text), `share`, `folds` (how often by kind).
 */
export const obfuscation: MessageDetector = {
  codes: ['OBFUSCATED_TEXT'],
  detect({ normalised }, context) {
    const { folded, folds, text } = normalised
    if (folded === 0 || text.length === 0) return []
    const policy = context.judge('OBFUSCATED_TEXT')
    const minShare = threshold(policy, 'minShare')
    const share = Math.min(1, folded / text.length)
    if (folded < threshold(policy, 'minFolded') || share < minShare) return []
    const excess = minShare > 0 ? (share / minShare - 1) / 4 : 1
    const evidence = { folded, length: text.length, share: Math.round(share * 1000) / 1000, folds }
    return [{ code: 'OBFUSCATED_TEXT', score: Math.min(1, 0.5 + 0.5 * excess), evidence }]
  },
}
