import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

/** Multiple of the minimum share of disguises at which the score reaches 1. */
const CERTAIN = 5

export const obfuscatedText = defineMessageCode({
  code: 'OBFUSCATED_TEXT',
  order: 170,
  action: 'observe',
  weight: 0.3,
  thresholds: {
    minFolded: {
      default: 3,
      unit: 'characters',
      min: 1,
      max: 1_000_000_000,
      whole: true,
      says: 'disguised characters, at least',
    },
    minShare: {
      default: 0.05,
      unit: 'share',
      min: 0,
      max: 1,
      says: 'their share of the text, at least',
    },
  },
  evidence: {
    folded: fields.chinese('伪装字符数', fields.count('disguised characters')),
    length: fields.chinese('文本字数', fields.count('characters of the text in its normalised form')),
    share: fields.chinese('占比', fields.share('disguised share')),
    folds: fields.chinese('伪装方式', fields.counts('kinds of disguise and how often'), {
      invisible: '不可见字符',
      separator: '插入分隔符',
      spaced: '插入空格',
      digit: '变体数字',
      lookalike: '形近字符',
      glyph: '变体字',
      split: '拆字',
      word: '替换词',
      contact: '变体联系方式',
      link: '变体链接',
    }),
  },
  summary: 'disguised characters',
  called: { 'zh-CN': '变形文本' },
  fires: '[Folding](folding.md) changed much of the text.',
  tune: 'Raise `minFolded` and `minShare` where decorated but honest texts are common.',
  sentences: {
    en: ({ folded, share }, { percent }) =>
      `${folded} characters (${percent(share)} of the text) are written in disguise.`,
    'zh-CN': ({ folded, share }, { percent }) =>
      `${folded} 个字符（占文本 ${percent(share)}）使用了变体写法。`,
  },
}).detectedBy(
  ({ normalised: { folded, folds, text } }, _context, { thresholds: { minFolded, minShare } }) => {
    if (folded === 0 || text.length === 0) return undefined
    const share = Math.min(1, folded / text.length)
    if (folded < minFolded || share < minShare) return undefined
    const excess = minShare > 0 ? (share / minShare - 1) / (CERTAIN - 1) : 1
    return {
      score: Math.min(1, 0.5 + 0.5 * excess),
      evidence: { folded, length: text.length, share: Math.round(share * 1000) / 1000, folds },
    }
  },
)
