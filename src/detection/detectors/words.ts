import type { Label } from '../../domain/labels.ts'

export const LOCALES = ['en', 'zh-CN'] as const
export type Locale = (typeof LOCALES)[number]

export interface Words {
  /** A share from 0 to 1. */
  percent(share: number): string
  /** With at most two decimals. */
  number(value: number): string
  /** Seconds in the largest unit that gives at least two; the exact number is in the evidence. */
  duration(seconds: number): string
  label(label: Label): string
  /** At most the first five items. */
  list(items: readonly string[]): string
}

const LISTED = 5

interface Vocabulary {
  readonly comma: string
  readonly units: readonly [seconds: string, minutes: string, hours: string, days: string]
  readonly labels: Readonly<Record<Label, string>>
}

function wordsOf({ comma, units, labels }: Vocabulary): Words {
  return {
    percent: (share) => `${Math.round(share * 100)}%`,
    number: (value) => String(Math.round(value * 100) / 100),
    duration(seconds) {
      if (seconds < 120) return `${Math.round(seconds)}${units[0]}`
      if (seconds < 7200) return `${Math.round(seconds / 60)}${units[1]}`
      if (seconds < 172_800) return `${Math.round(seconds / 3600)}${units[2]}`
      return `${Math.round(seconds / 86_400)}${units[3]}`
    },
    label: (label) => labels[label],
    list: (items) => (items.length > LISTED ? `${items.slice(0, LISTED).join(comma)}…` : items.join(comma)),
  }
}

export const WORDS: Readonly<Record<Locale, Words>> = {
  en: wordsOf({
    comma: ', ',
    units: [' seconds', ' minutes', ' hours', ' days'],
    labels: {
      notice: 'notice',
      personal: 'personal',
      marketing: 'marketing',
      finance: 'finance',
      fraud: 'fraud',
      illicit: 'illicit',
    },
  }),
  'zh-CN': wordsOf({
    comma: '、',
    units: [' 秒', ' 分钟', ' 小时', ' 天'],
    labels: {
      notice: '通知',
      personal: '个人',
      marketing: '营销',
      finance: '金融',
      fraud: '诈骗',
      illicit: '违法',
    },
  }),
}
