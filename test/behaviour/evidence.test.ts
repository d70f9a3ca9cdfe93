import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Pack } from '../../src/analyst/evidence/pack.ts'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { createTokeniser } from '../../src/domain/token.ts'
import { DEVELOPMENT_TOKEN_KEY } from '../../src/settings/secret.ts'
import { readJsonl, useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { lastOfEach } from '../helpers/last-of-each.ts'
import { sigwatch } from '../helpers/service.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

const folder = useFolder()
const SECOND = 1000
const DAY = 86_400_000
/** Wednesday, Singles' Day. */
const COMPLAINED = Date.parse('2026-11-11T12:00:00+08:00')
const SENT = COMPLAINED - 2 * 3_600_000
const TO = '13812345678'
const PORT = '106900123401'
const AD =
  '【星河商城】双11狂欢，全场3折起，满300减100，点 http://xinghe.example/11 领取888元红包，拒收请回复R'

const tokenise = createTokeniser({
  keyId: DEVELOPMENT_TOKEN_KEY.keyId,
  key: DEVELOPMENT_TOKEN_KEY.key.reveal(),
})

const message = (id: string, ts: number, over: object = {}) => {
  return { id, ts, from: PORT, to: `+86 ${TO}`, text: AD, sp: 'SP7', carrier: 'CMCC', ...over }
}

const MESSAGES = [
  message('old', COMPLAINED - 8 * DAY),
  message('first', SENT - DAY),
  message('other-port', SENT - 3 * SECOND, { from: '106911110000', text: '【顺丰速运】您的快件已到丰巢柜' }),
  message('other-person', SENT - 2 * SECOND, { to: '13900000001' }),
  message('the-one', SENT),
  message('otp', SENT + SECOND, { text: '【星河商城】验证码482913，请勿告诉他人' }),
  message('part-1', SENT + 2 * SECOND, {
    text: '【星河商城】会员日第二波来袭，',
    part: { ref: 9, index: 1, count: 2 },
  }),
  message('part-2', SENT + 2 * SECOND, { text: '全场5折，退订回T', part: { ref: 9, index: 2, count: 2 } }),
  { ts: 'broken' },
]

const COMPLAINTS = [
  { id: 'c-0', ts: COMPLAINED, source: '12321' },
  {
    id: 'c-1',
    ts: COMPLAINED,
    from: PORT,
    signature: '【星河商城】',
    to: TO,
    text: '双11狂欢全场3折起 满300减100 领取888元红包 电话13812345678',
    source: '12321',
    category: 'commercial',
  },
  { id: 'c-token', ts: COMPLAINED, from: PORT, to: tokenise(TO), source: 'hotline' },
  { id: 'c-none', ts: COMPLAINED, from: '106955555555', to: TO, text: '贷款秒批秒到账', source: '12321' },
]

const CONSENTS = [
  { signature: '星河商城', to: TO, state: 'in', ts: SENT - 40 * DAY, proof: 'form F-77' },
  { signature: '星河商城', to: TO, state: 'out', ts: SENT - 5 * DAY },
  { signature: '星河商城', to: TO, state: 'in', ts: COMPLAINED + DAY, proof: 'default' },
  { signature: '星河商城', to: '13900000001', state: 'in', ts: SENT - DAY },
  { signature: '京东', to: TO, state: 'in', ts: SENT - DAY },
]
const REPLIES = [{ ts: SENT - 5 * DAY, from: TO, to: PORT, text: 'R' }]

const REGISTRY = `
signatures:
  - name: 星河商城
    filings:
      - {sp: SP7, carrier: CMCC, ports: ["1069001234*"], scope: [marketing], from: 2026-01-01T00:00+08:00}
      - {sp: SP7, carrier: CMCC, ports: ["1069001234*"], scope: [notice], from: 2025-01-01T00:00+08:00, to: 2026-01-01T00:00+08:00}
      - {sp: SP8, carrier: CUCC, ports: ["10655"], scope: [marketing], status: revoked}
ports:
  - {port: "106900123401", sp: SP7}
`

const file = (name: string) => folder.file(name)

describe('evidence on a complaint, from files', () => {
  beforeAll(async () => {
    writeJsonl(file('messages.jsonl'), MESSAGES)
    writeJsonl(file('complaints.jsonl'), COMPLAINTS)
    writeJsonl(file('consents.jsonl'), CONSENTS)
    writeJsonl(file('replies.jsonl'), REPLIES)
    writeFileSync(file('registry.yaml'), REGISTRY)
    const { code, stderr } = await warmSigwatch([
      'run',
      ...['--source', file('messages.jsonl'), '--alerts', file('alerts.jsonl')],
      ...['--verdicts', file('verdicts.jsonl'), '--dead-letters', file('dead.jsonl')],
      ...['--registry', file('registry.yaml'), '--consents', file('consents.jsonl')],
      ...['--now', String(COMPLAINED + 2 * DAY)],
    ])
    expect(stderr).not.toContain('"failed"')
    expect(code).toBe(0)
  })

  const SOURCES = (['complaints', 'messages', 'verdicts', 'alerts', 'consents', 'replies'] as const).flatMap(
    (input) => [`--${input}`, file(`${input}.jsonl`)],
  )
  const evidence = (id: string, ...more: string[]) => {
    const args = lastOfEach(['--complaint', id, '--out', file('out'), ...more])
    return warmSigwatch(['evidence', ...args], { cwd: folder.path })
  }

  async function packOf(id: string, ...more: string[]) {
    const { code, stdout, stderr } = await evidence(id, ...more)
    expect(stderr).not.toContain('sigwatch:')
    expect(code).toBe(0)
    const [markdown, json] = stdout.trim().split('\n') as [string, string]
    const pack = JSON.parse(readFileSync(json, 'utf8')) as Pack
    return {
      pack,
      text: readFileSync(markdown, 'utf8'),
      json,
      stderr,
      missing: pack.missing.map((m) => m.what),
    }
  }

  const everything = [
    ...SOURCES,
    ...['--registry', file('registry.yaml'), '--calendar', 'config/holidays.sample.yaml'],
    ...['--received', '2026-11-13T09:00+08:00'],
  ].map((arg) => (arg.startsWith('config/') ? new URL(`../../${arg}`, import.meta.url).pathname : arg))

  it('finds the message, who sent it, under which filing and consent, and what was decided with which versions', async () => {
    const { pack, json, missing } = await packOf('c-1', ...everything)
    expect(pack.complaint).toMatchObject({ id: 'c-1', source: '12321', from: PORT, signature: '星河商城' })
    expect(pack.messages.map(({ id }) => id)[0]).toBe('the-one')
    expect(pack.messages.map(({ id }) => id).sort()).toEqual(['first', 'otp', 'part-1', 'the-one'])
    expect(pack.matched).toBe(4)

    const one = pack.messages[0]!
    expect(one).toMatchObject({
      at: new Date(SENT).toISOString(),
      from: PORT,
      signature: '星河商城',
      sp: 'SP7',
      spBy: 'record',
      carrier: 'CMCC',
      to: '138****5678',
      toToken: tokenise(TO),
      disposition: 'accepted',
      records: [{ id: 'the-one', topic: 'messages.jsonl', partition: 0, offset: 4 }],
      fit: { recipient: 'number', port: 'exact', signature: true },
    })
    expect(one.fit.similarity).toBeGreaterThan(0.5)

    expect(one.registry).toMatchObject({ sameAsThen: true, port: { port: PORT, sp: 'SP7' } })
    expect(one.registry!.filings.map((f) => [f.scope, f.status, f.coversPort, f.inForce])).toEqual([
      [['marketing'], 'filed', true, true],
      [['notice'], 'filed', true, false],
      [['marketing'], 'revoked', false, false],
    ])

    expect(one.consent.standing).toBe('out')
    expect(one.consent.changes.map((c) => [c.state, c.proof, c.after])).toEqual([
      ['in', 'form F-77', false],
      ['out', undefined, false],
      ['in', 'default', true],
    ])
    expect(one.consent.replies).toEqual([
      { at: new Date(SENT - 5 * DAY).toISOString(), text: 'R', refuses: true },
    ])

    const verdict = readJsonl<Verdict>(file('verdicts.jsonl')).find(({ id }) => id === 'the-one')!
    const alert = readJsonl<Alert>(file('alerts.jsonl')).find(({ subject }) => subject === 'message:the-one')!
    expect(verdict.reasons).toContain('AFTER_OPT_OUT')
    expect(one.verdict).toMatchObject({ action: verdict.action, reasons: verdict.reasons })
    expect(one.alerts[0]).toMatchObject({ id: alert.id, action: 'block', mode: 'enforce' })
    const { model, policy, registry } = alert.data.provenance
    expect(one.versions).toEqual({ model, policy, registry, by: 'alert' })

    expect(missing).not.toContain('noVersions')
    expect(statSync(json).mode & 0o777).toBe(0o600)
  })

  it('lists checksums, person, time, query and versions in a manifest', async () => {
    const out = folder.file('listed')
    const { code, stdout } = await evidence('c-1', ...everything, '--out', out, '--by', 'ann', '--days', '9')
    expect(code).toBe(0)
    const paths = stdout.trim().split('\n')
    expect(paths.map((path) => basename(path))).toEqual([
      'evidence-c-1.md',
      'evidence-c-1.json',
      'evidence-c-1.manifest.json',
    ])
    const manifest = JSON.parse(readFileSync(paths[2]!, 'utf8'))
    const pack = JSON.parse(readFileSync(paths[1]!, 'utf8')) as Pack
    expect(manifest).toMatchObject({
      complaint: 'c-1',
      clear: false,
      madeAt: pack.madeAt,
      madeBy: { name: 'ann', account: expect.any(String), host: expect.any(String) },
      query: { complaint: 'c-1', days: 9, max: 20, locale: 'en', from: pack.window.from, to: pack.window.to },
      versions: {
        sigwatch: pack.version,
        commit: expect.any(String),
        registry: expect.stringMatching(/^[0-9a-f]{12}$/),
      },
      sources: pack.sources,
    })
    expect(manifest.versions.messagesJudgedBy).toEqual([
      { model: expect.any(String), policy: expect.any(String), registry: manifest.versions.registry },
    ])
    const listed = paths.slice(0, 2).map((path) => ({
      name: basename(path),
      bytes: statSync(path).size,
      sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
    }))
    expect(manifest.files).toEqual(listed)
    expect(statSync(paths[2]!).mode & 0o777).toBe(0o600)
  })

  it('moves the pack of an earlier run into a folder, and deletes it only on request', async () => {
    const out = folder.file('twice')
    const args = [...everything, '--out', out]
    const names = ['evidence-c-1.md', 'evidence-c-1.json', 'evidence-c-1.manifest.json']
    await evidence('c-1', ...args)
    const before = names.map((name) => readFileSync(join(out, name), 'utf8'))
    const second = await evidence('c-1', ...args, '--max', '1')
    expect(second.code).toBe(0)
    expect(second.stdout.trim().split('\n')).toEqual(names.map((name) => join(out, name)))
    const queryOf = (path: string) => JSON.parse(readFileSync(join(path, names[2]!), 'utf8')).query
    expect(queryOf(out).max).toBe(1)
    const aside = readdirSync(out).filter((name) => /^evidence-c-1\.\d{8}T\d{6}Z$/.test(name))
    expect(aside).toHaveLength(1)
    expect(names.map((name) => readFileSync(join(out, aside[0]!, name), 'utf8'))).toEqual(before)

    expect((await evidence('c-1', ...args, '--max', '2', '--replace')).code).toBe(0)
    expect(queryOf(out).max).toBe(2)
    expect(readdirSync(out).sort()).toEqual([...aside, ...names].sort())
  })

  it('loses and mixes no pack when two runs write it at once', async () => {
    const out = folder.file('at-once')
    const args = ['evidence', '--complaint', 'c-1', ...everything, '--out', out]
    const runs = await Promise.all([1, 2].map((max) => sigwatch([...args, '--max', String(max)])))
    const folders = [out, ...readdirSync(out).map((name) => join(out, name))].filter((path) =>
      statSync(path).isDirectory(),
    )
    expect(folders).toHaveLength(runs.filter(({ code }) => code === 0).length)
    for (const path of folders) {
      const { files } = JSON.parse(readFileSync(join(path, 'evidence-c-1.manifest.json'), 'utf8')) as {
        files: { name: string; sha256: string }[]
      }
      for (const { name, sha256 } of files)
        expect(
          createHash('sha256')
            .update(readFileSync(join(path, name)))
            .digest('hex'),
        ).toBe(sha256)
    }
  })

  async function packAbout(option: '--message' | '--alert', id: string, ...more: string[]) {
    const args = ['evidence', option, id, ...everything, '--out', file('about'), ...more]
    const { code, stdout, stderr } = await warmSigwatch(args, { cwd: folder.path })
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('sigwatch:')])
    const [markdown, json] = stdout.trim().split('\n') as [string, string]
    return {
      pack: JSON.parse(readFileSync(json, 'utf8')) as Pack,
      text: readFileSync(markdown, 'utf8'),
      json,
    }
  }

  it('collects the evidence on a message, by the id of any of its parts', async () => {
    const { pack, text, json } = await packAbout('--message', 'the-one')
    expect(basename(json)).toBe('evidence-message-the-one.json')
    expect(pack).toMatchObject({ subject: { kind: 'message', id: 'the-one' }, deadlines: [], matched: 1 })
    expect(pack.complaint).toBeUndefined()
    expect(pack.messages).toMatchObject([
      { id: 'the-one', fit: { id: true }, consent: { standing: 'out' }, verdict: { action: 'block' } },
    ])
    expect(text).toContain('# Evidence on message the-one')
    expect(text).not.toMatch(/## (Complaint|Deadlines)/)
    expect(text).not.toContain(TO)

    const joined = await packAbout('--message', 'part-2')
    expect(joined.pack.messages.map(({ id, text: of }) => [id, of.includes('来袭，全场5折')])).toEqual([
      ['part-1', true],
    ])
  })

  it('collects the evidence on an alert, with the messages that it shows', async () => {
    const alerts = readJsonl<Alert>(file('alerts.jsonl'))
    const alert = alerts.find(({ subject }) => subject === 'message:the-one')!
    const { pack, text } = await packAbout('--alert', alert.id, '--locale', 'zh-CN')
    expect(pack.alert).toMatchObject({ id: alert.id, type: alert.type, target: alert.data.target })
    expect(pack.alert!.reasons.map(({ code }) => code)).toEqual(alert.data.reasons.map(({ code }) => code))
    expect(pack.messages.map(({ id }) => id)).toEqual(['the-one'])
    expect(pack.sources.filter(({ input }) => input === 'alerts')).toHaveLength(1)
    expect(text).toContain(`# 告警 ${alert.id} 取证材料`)
    const [message] = pack.messages
    expect(pack.alert!.reasons).toEqual(message!.alerts.find(({ id }) => id === alert.id)!.reasons)
  })

  it('shows an alert whose messages are gone', async () => {
    const alert = readJsonl<Alert>(file('alerts.jsonl'))[0]!
    const args = ['--alerts', file('alerts.jsonl'), '--out', file('alone')]
    const { code, stdout } = await warmSigwatch(['evidence', '--alert', alert.id, ...args], {
      cwd: folder.path,
    })
    expect(code).toBe(0)
    const pack = JSON.parse(readFileSync(stdout.trim().split('\n')[1]!, 'utf8')) as Pack
    expect(pack.alert!.id).toBe(alert.id)
    expect(pack.messages).toEqual([])
    expect(pack.missing.map(({ what }) => what)).toEqual(expect.arrayContaining(['noneShown', 'noSource']))
    expect(pack.missing.map(({ detail }) => detail).join()).not.toContain('complaint')
  })

  it.each([
    [['--message', 'nowhere'], 1, 'no message has the id "nowhere"'],
    [['--alert', 'nowhere'], 1, 'no alert has the id "nowhere"'],
    [[], 2, 'exactly one of'],
    [['--message', 'the-one', '--complaint', 'c-1'], 2, 'exactly one of'],
  ])('refuses %j with %d', async (named, exit, why) => {
    const { code, stdout, stderr } = await warmSigwatch(['evidence', ...named, ...SOURCES], {
      cwd: folder.path,
    })
    expect([code, stdout]).toEqual([exit, ''])
    expect(stderr).toContain(why)
  })

  it('joins the parts of a long message, with the records of both', async () => {
    const { pack } = await packOf('c-1', ...everything)
    const joined = pack.messages.find(({ id }) => id === 'part-1')!
    expect(joined.records.map(({ id }) => id)).toEqual(['part-1', 'part-2'])
    expect(joined.text).toContain('来袭，全场5折')
    expect(joined.verdict).toBeDefined()
  })

  it('counts the deadlines in working days, from the complaint and from its receipt', async () => {
    const { pack, text } = await packOf('c-1', ...everything)
    expect(pack.deadlines).toEqual([
      {
        name: 'passed on',
        days: 5,
        from: 'complaint',
        date: '2026-11-18',
        endsAt: '2026-11-18T16:00:00.000Z',
      },
      {
        name: 'answered',
        days: 15,
        from: 'received',
        date: '2026-12-04',
        endsAt: '2026-12-04T16:00:00.000Z',
      },
    ])
    expect(text).toContain('2026-12-04')
    const times = pack.timeline.map(({ at }) => at)
    expect(times).toEqual([...times].sort())
    const order = pack.timeline.map(({ what }) => what)
    expect(order.indexOf('refused')).toBeLessThan(order.lastIndexOf('sent'))
    expect(order.lastIndexOf('sent')).toBeLessThan(order.indexOf('complained'))
    expect(order.indexOf('complained')).toBeLessThan(order.indexOf('received'))
    expect(order.at(-1)).toBe('due')
  })

  it('shows no number, code or link as such unless --clear is given, and says which it is', async () => {
    const masked = await packOf('c-1', ...everything)
    for (const text of [masked.text, JSON.stringify(masked.pack)]) {
      expect(text).not.toContain(TO)
      expect(text).not.toContain('482913')
    }
    expect(masked.text).toContain('masked')
    expect(masked.pack.clear).toBe(false)

    const clear = await packOf('c-1', ...everything, '--clear')
    expect(clear.pack.clear).toBe(true)
    expect(clear.pack.messages[0]).toMatchObject({ to: TO, text: AD })
    expect(clear.text).toContain(TO)
    expect(clear.text).toContain('482913')
    expect(clear.text).toContain('personal data in clear')
    expect(clear.stderr).toContain('in clear')
    // The masked pack of before stands.
    expect(basename(clear.json)).toBe('clear-evidence-c-1.json')
    expect(readFileSync(masked.json, 'utf8')).not.toContain(TO)
    // What the sender wrote stands in a code block: no link to click.
    expect(clear.text).toContain(`\`\`\`text\n${AD}\n\`\`\``)
  })

  it('takes a complaint that names the recipient by its token', async () => {
    const { pack, missing } = await packOf('c-token', ...everything)
    expect(pack.messages.map(({ id }) => id).sort()).toEqual(['first', 'otp', 'part-1', 'the-one'])
    expect(pack.messages[0]!.fit.recipient).toBe('token')
    expect(pack.complaint).toMatchObject({ toToken: tokenise(TO) })
    expect(missing).toContain('noText')
    expect(pack.deadlines.map(({ name }) => name)).toEqual(['answered'])
  })

  it('looks back as many days as configured', async () => {
    const { pack } = await packOf('c-1', ...everything, '--days', '9')
    expect(pack.messages.map(({ id }) => id)).toContain('old')
    const { pack: few } = await packOf('c-1', ...everything, '--days', '1')
    expect(few.messages.map(({ id }) => id)).not.toContain('first')
    const { pack: one, missing } = await packOf('c-1', ...everything, '--max', '1')
    expect(one.messages.map(({ id }) => id)).toEqual(['the-one'])
    expect(one.matched).toBe(4)
    expect(missing).toContain('moreMatched')
  })

  it('says plainly what it could not find', async () => {
    const bare = await packOf(
      'c-1',
      '--complaints',
      file('complaints.jsonl'),
      '--messages',
      file('messages.jsonl'),
    )
    expect(bare.missing).toEqual(
      expect.arrayContaining([
        'assumedReceived',
        'noRegistry',
        'noVerdict',
        'noAlert',
        'noVersions',
        'noConsent',
        'noCalendar',
        'unreadableRows',
      ]),
    )
    expect(bare.pack.missing.filter(({ what }) => what === 'noSource').map(({ detail }) => detail)).toEqual([
      'verdicts: no file or topic was given.',
      'alerts: no file or topic was given.',
      'consents: no file or topic was given.',
      'replies: no file or topic was given.',
    ])
    for (const { detail } of bare.pack.missing) expect(detail).not.toMatch(/[{}]/)

    const none = await packOf('c-none', ...everything)
    expect(none.pack.messages).toEqual([])
    expect(none.missing).toContain('noneMatched')
    expect(none.text).toContain('No message was found')

    const vague = await packOf('c-0', ...everything)
    expect(vague.missing).toEqual(expect.arrayContaining(['noTo', 'noSender', 'noText', 'noneMatched']))
  })

  it('says when the registry is not the one that the message was judged by', async () => {
    writeFileSync(file('later.yaml'), REGISTRY.replace('SP8', 'SP9'))
    const { pack, missing } = await packOf('c-1', ...everything, '--registry', file('later.yaml'))
    expect(pack.messages[0]!.registry!.sameAsThen).toBe(false)
    expect(missing).toContain('registryChanged')
  })

  it('infers the versions from the alerts next to a message that raised none', async () => {
    const alerts = readJsonl<Alert>(file('alerts.jsonl')).filter(
      ({ subject }) => subject !== 'message:the-one',
    )
    const [some] = alerts
    const at = (ts: number): Alert => ({
      ...some!,
      id: `x${ts}`,
      subject: 'message:x',
      time: new Date(ts).toISOString(),
      data: { ...some!.data, target: { kind: 'message', id: 'x' } },
    })
    writeJsonl(file('near.jsonl'), [at(SENT - 60_000), at(SENT + 60_000)])
    const { pack } = await packOf('c-1', ...everything, '--alerts', file('near.jsonl'))
    const one = pack.messages.find(({ id }) => id === 'the-one')!
    expect(one.alerts).toEqual([])
    expect(one.versions).toMatchObject({ by: 'around', policy: some!.data.provenance.policy })
  })

  it('speaks Chinese when it is asked to', async () => {
    const { text, pack } = await packOf('c-1', ...everything, '--locale', 'zh-CN')
    expect(text).toContain('# 投诉 c-1 取证材料')
    expect(text).toContain('举报中心转办')
    // The service wrote its alerts in English, and cites rules in short.
    expect(text).toContain('AFTER\\_OPT\\_OUT：收信人拒收“星河商城”5 天后，仍向其发送商业短信。')
    expect(text).toContain('《通信短信息服务管理规定》（工业和信息化部令第31号）第十八条')
    expect(text).toContain('| 判定 | 拦截（营销，')
    expect(text).toContain('| 营销 | 已报备 |')
    expect(text).not.toMatch(/\b(?:block|pass|marketing|filed|revoked|verdicts|Commercial|art)\b(?!\.jsonl)/)
    for (const { detail } of pack.missing) expect(detail).not.toMatch(/[{}]/)
  })

  it('exits 1 for a complaint that is not there, 2 for what it is called with wrongly', async () => {
    const gone = await evidence('c-9', ...everything)
    expect(gone.code).toBe(1)
    expect(gone.stdout).toBe('')
    expect(gone.stderr).toContain('no complaint has the id "c-9" in')
    expect(gone.stderr).toContain('4 rows')

    const wrong: readonly (readonly [readonly string[], string])[] = [
      [['--complaints', file('complaints.jsonl')], 'no messages'],
      [['--complaints', file('nowhere.jsonl'), '--messages', file('messages.jsonl')], 'nowhere.jsonl'],
      [[...everything, '--days', '0'], '--days'],
      [[...everything, '--received', 'yesterday'], '--received'],
      [[...everything, '--calendar', file('registry.yaml')], 'unknown key'],
      [[...everything, '--locale', 'fr'], 'zh-CN'],
    ]
    for (const [args, said] of wrong) {
      const { code, stderr } = await evidence('c-1', '--replace', ...args)
      expect([code, stderr.includes(said)], stderr).toEqual([2, true])
    }
    const { code } = await warmSigwatch(['evidence'])
    expect(code).toBe(2)
  })
})
