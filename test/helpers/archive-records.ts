import type { Alert, Verdict } from '../../src/domain/alert.ts'

/** Key id and 22 characters of base64url. */
export const tokenOf = (n: number): string => `1.${Buffer.alloc(16, n).toString('base64url')}`

export const verdictAt = (id: string, ts: number, over: Partial<Verdict> = {}): Verdict => ({
  id,
  action: 'review',
  label: 'fraud',
  score: 0.9,
  reasons: ['TEXT_FRAUD'],
  states: [],
  decidedAt: new Date(ts).toISOString(),
  ...over,
})

/** An alert on a message with a forged brand. `n`: number of the recipient. */
export function messageAlertAt(id: string, ts: number, n = 1, over: Partial<Alert['data']> = {}): Alert {
  return {
    specversion: '1.0',
    id: `alert-${id}`,
    source: '/sigwatch/test',
    time: new Date(ts).toISOString(),
    type: 'sigwatch.alert.raised',
    subject: `message:${id}`,
    datacontenttype: 'application/json',
    dataschema: 'urn:sigwatch:schema:alert:1',
    data: {
      action: 'block',
      mode: 'enforce',
      severity: 'high',
      score: 0.95,
      label: 'fraud',
      reasons: [
        {
          code: 'FORGED_BRAND',
          score: 0.95,
          action: 'block',
          detail: 'The text claims 京东, and the link kf88.top is not the brand’s.',
          rule: 'MIIT-31 art. 17',
          evidence: { brand: 'jd', links: ['kf88.top'], speaksFor: ['link'], speaksAgainst: [] },
        },
      ],
      target: { kind: 'message', id },
      message: {
        id,
        ts,
        from: '10690200001',
        signature: '京东',
        to: '138****5678',
        toToken: tokenOf(n),
        text: '【京东】您的商品因质量问题已下架，三倍理赔请点 https://kf88.top/a 填写收款信息',
      },
      contacts: { urls: ['https://kf88.top/a'], phones: [], qq: [], wechat: [] },
      validFrom: new Date(ts).toISOString(),
      expiresAt: new Date(ts + 900_000).toISOString(),
      provenance: {
        model: 'sms-zh@2',
        policy: 'p1',
        registry: 'r1',
        topic: 'sms.mt',
        partition: 0,
        offset: n,
      },
      ...over,
    },
  }
}

/** The same for a fraud whose text leads to a domain of its own, and which so is a case of its own. */
export function fraudAlertAt(id: string, ts: number, n: number, domain: string): Alert {
  const alert = messageAlertAt(id, ts, n)
  const { message, contacts } = alert.data
  const text = `【${domain}】账户异常 ${domain.repeat(3)} 请登录 https://${domain}/a 核实`
  return {
    ...alert,
    data: {
      ...alert.data,
      message: { ...message!, text },
      contacts: { ...contacts!, urls: [`https://${domain}/a`] },
    },
  }
}

/** An event of the state of a domain that imitates a brand; `tipped`: the message that raised it. */
export function stateAlertAt(
  ts: number,
  revision: number,
  tipped: Alert,
  type: Alert['type'],
  samples: readonly Alert[] = [],
): Alert {
  const { message, reasons, provenance } = tipped.data
  return {
    ...tipped,
    id: `state-1-${revision}`,
    type,
    time: new Date(ts).toISOString(),
    subject: 'domain:kf88.top',
    data: {
      ...tipped.data,
      reasons,
      provenance,
      target: { kind: 'domain', id: 'kf88.top' },
      match: { domains: ['kf88.top'] },
      state: { id: 'state-1', episode: 1, revision },
      message: message!,
      samples: samples.map(({ data }, offset) => ({
        id: data.message!.id,
        ts,
        from: data.message!.from,
        text: data.message!.text,
        topic: 'sms.mt',
        partition: 0,
        offset,
      })),
    },
  }
}
