import { setting } from './setting.ts'
import { int, optional, path } from './setting-forms.ts'

const pathOrNull = optional(path('a path'))

/** A second model next to the live one. */
export const SHADOW_SETTINGS = {
  'shadowModel.path': setting<string | null>(
    pathOrNull,
    null,
    'Folder of a second model that judges the same messages as the live one and changes nothing ([learning.md](learning.md)).',
    { shown: 'none: off' },
  ),
  'shadowModel.samples': setting<string | null>(
    pathOrNull,
    null,
    'File to which messages are added on which the two models disagree, masked as in alerts, one JSON a line.',
    { shown: 'none: only counted' },
  ),
  'shadowModel.samplesPerMinute': setting(
    int(0, 1000),
    10,
    'Messages that an instance adds to it in a minute, at most.',
  ),
} as const
