import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { RuleExample } from '../../scripts/docs/rules.ts'
import { classify } from '../../src/detection/classify.ts'
import { claimOf } from '../../src/detection/detectors/brand-decision/claimed-brands.ts'
import { shownAt, weigh } from '../../src/detection/detectors/brand-decision/decision.ts'
import { MALICE_THRESHOLDS } from '../../src/detection/detectors/brand-decision/malicious-text.ts'
import { comparedNotices } from '../../src/detection/detectors/brand-decision/twin.ts'
import { tracesOf } from '../../src/detection/detectors/shared/traces.ts'
import { messageOf } from '../../src/detection/message-of.ts'
import { readMessage } from '../../src/detection/read-message.ts'
import { buildRegistry } from '../../src/detection/registry/registry-index.ts'
import { SHIPPED_RULES } from '../../src/detection/rules/shipped.ts'
import type { SignSet } from '../../src/detection/rules/sign-set.ts'
import type { AnalysedMessage, SmsRecord } from '../../src/domain/message.ts'
import type { Notices } from '../../src/domain/notices.ts'
import type { Classifier } from '../../src/domain/ports.ts'
import type { Brand, Claim, Registry, SignatureRow } from '../../src/domain/registry.ts'
import { noticesWith } from './notice-fixtures.ts'

const NOON = Date.UTC(2026, 4, 12, 4)
const TO = '13900000000'
const { brands } = parse(readFileSync('config/brands.yaml', 'utf8')) as { brands: Brand[] }

const shipped = buildRegistry({
  brands: [],
  signatures: [],
  ports: [],
  shippedBrands: brands,
  hash: 'shipped',
})

/** The shipped brand list, with the filed signature of the example, if any. */
function registryOf({ filed, from = '', port = from }: RuleExample): Registry {
  if (filed === undefined) return shipped
  const brand = shipped.brandByName(filed.toLowerCase())
  const row: SignatureRow = {
    name: filed,
    ...(brand ? { brand: brand.id } : {}),
    consent: 'unless-refused',
    campaigns: [],
    filings: [{ ports: [port], status: 'filed' }],
  }
  return buildRegistry({ brands: [], signatures: [row], ports: [], shippedBrands: brands, hash: 'filed' })
}
function analysed({ text, from = '' }: RuleExample, classifier: Classifier): AnalysedMessage {
  const record: SmsRecord = { value: Buffer.alloc(0), id: 'e', ts: NOON, from, to: TO, text, blocked: false }
  const message = messageOf(record, { topic: 'examples', partition: 0, offset: 0 }, NOON)
  return classify([readMessage(message, () => '')], classifier)[0]!
}

/** The shipped samples, and a notice sent by the brand from its own number. */
function noticesOf({ brand }: Claim, { known }: RuleExample): Notices {
  const [port] = brand.hotlines
  const text = '您的服务进度有更新，请点击链接查看详情。'
  return noticesWith(
    known === undefined || port === undefined ? [] : [{ text, brand: brand.id, hosts: known, port }],
  )
}

/** The signs that rules of a code see in an example, with the shipped model and brand list. */
export function shownBy(example: RuleExample, code: string, classifier: Classifier): SignSet {
  const registry = registryOf(example)
  const message = analysed(example, classifier)
  const claim = claimOf(message, registry)
  const traces = tracesOf(claim?.brand, message, registry)
  const weighed = weigh(claim, traces, message, registry)
  if (claim !== undefined) {
    const { signs } = comparedNotices(claim, traces, message, registry, noticesOf(claim, example))
    for (const sign of signs) SHIPPED_RULES.add(weighed.shown, sign)
  }
  const { default: enough } = MALICE_THRESHOLDS.minCertainty
  const isDoubtful = SHIPPED_RULES.first(code, 'raise-threshold', weighed.shown) !== undefined
  return shownAt(weighed.shown, weighed.certainty, isDoubtful ? 2 * enough : enough)
}
