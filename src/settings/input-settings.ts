import { INPUT_FORMATS, inputMap } from './input-forms.ts'
import type { InputMap } from './map-schema.ts'
import type { Secret } from './secret.ts'
import { setting } from './setting.ts'
import { choice, duration, optional, secret, text } from './setting-forms.ts'

/** How records of submissions are read. */
export const INPUT_SETTINGS = {
  'input.format': setting(
    choice(INPUT_FORMATS),
    'json',
    'What the records of submissions are written in; `avro` and `protobuf` by the schemas of a registry. A topic of the list may have its own.',
  ),
  'input.map': setting<InputMap | null>(
    optional(inputMap()),
    null,
    'How the fields of an input record are found in your records ([input-records.md](input-records.md)). A topic of the list may have its own.',
  ),
  'input.schemaRegistry.url': setting<string | null>(
    optional(
      text(
        'an http:// or https:// URL without a login, for example http://registry:8081',
        /^https?:\/\/[^\s@/]+(?:\/[^\s@]*)?$/,
      ),
    ),
    null,
    'Schema registry with the REST API of Confluent; of Apicurio with the path `/apis/ccompat/v7`. Needed by `avro` and `protobuf`.',
  ),
  'input.schemaRegistry.username': setting<string | null>(
    optional(text('text without a colon', /^[^:]+$/)),
    null,
    'User of the schema registry (HTTP Basic).',
  ),
  'input.schemaRegistry.password': setting<Secret | null>(
    optional(secret('text')),
    null,
    'Password of that user.',
  ),
  'clock.maxSkew': setting(
    duration(1_000, 3_600_000),
    30_000,
    'Clocks that differ by more do not agree. An instance whose host is outvoted by other clocks is not ready; nothing is ended, dropped or refused by such a clock.',
  ),
} as const
