import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { NOON } from '../helpers/embedded.ts'
import { parseJsonl, readJsonl, useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { checkedAlert, checkedVerdict } from '../helpers/schema.ts'
import { ensureBuilt, MAIN, sigwatch, TOKEN_KEY } from '../helpers/service.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

const COMMANDS = ['run', 'demo', 'simulate', 'score', 'train', 'evaluate', 'replay', 'check']
const RECORD = {
  id: 'm1',
  ts: NOON,
  from: '10690200001',
  to: '17002130007',
  text: '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。',
}

const FORGED = {
  ...RECORD,
  id: 'm2',
  text: '【京东】您的订单异常，请登录 http://jd-verify.top/a 核实，退订回T',
}

describe('usage', () => {
  const folder = useFolder()

  it.each(['', ...COMMANDS])('sigwatch %s --help ends with 0 and says what there is', async (command) => {
    const { code, stdout, stderr } = await sigwatch([...(command ? [command] : []), '--help'])
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^Usage: sigwatch/)
    expect(stderr).toBe('')
  })

  it.each([
    [[], /Usage/],
    [['runn'], /unknown command/],
    [['run', '--sauce', 'x'], /unknown option/],
    [['run', '--source', '/nowhere/at.all', '--alerts', '-'], /\/nowhere\/at\.all/],
    [['run', '--source', '-', '--now', 'yesterday'], /--now/],
    [['run', '--source', '-', '--now', '9000000000000000'], /--now/],
    [['run', '--source', '-', '--alerts', 'same', '--verdicts', 'same'], /same/],
    [['run', '--alerts', 'x'], /--alerts requires --source/],
    [['simulate', '--scenario', 'nothing'], /double-eleven-hour/],
    [['simulate', '--rate', '-3'], /--rate/],
    [['score', '--model', '/nowhere'], /\/nowhere/],
    [['feedback', '--list', '--file', '/nowhere/said.jsonl'], /\/nowhere\/said\.jsonl does not exist/],
    [['feedback', 'm1', '--list', '--file', 'said.jsonl'], /leave the id out/],
    [['run', '--source', '-', '--model', '/nowhere'], /\/nowhere/],
    [['run', '--source', 'a', '--source', 'b'], /'--source <file>' is given twice/],
    [['simulate', '--minutes', '1', '--minutes=2'], /'--minutes <n>' is given twice/],
    [['archive', '--config', 'a', 'erase', '--config', 'b'], /'--config <file>' is given twice/],
  ])('sigwatch %j ends with 2 and says why', async (args, why) => {
    const { code, stdout, stderr } = await warmSigwatch(args, { cwd: folder.path })
    expect(code, stderr).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(why)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('refuses a folder as standard input', () => {
    ensureBuilt()
    const stdin = openSync(folder.path, 'r')
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'run', '--source', '-'], {
      stdio: [stdin, 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    closeSync(stdin)
    expect([status, stderr]).toEqual([2, expect.stringContaining('standard input is a folder')])
  })

  it('reads on after SIGHUP, and says that nothing is read again', async () => {
    ensureBuilt()
    const args = [MAIN, 'run', '--source', '-', '--alerts', folder.file('hung-up.jsonl')]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] })
    const ended = once(child, 'close')
    for await (const line of createInterface(child.stderr)) {
      if (line.includes('"partitions_assigned"')) child.kill('SIGHUP')
      if (line.includes('"nothing_reloaded"')) child.stdin.end(`${JSON.stringify(RECORD)}\n`)
    }
    expect(await ended).toEqual([0, null])
  })

  it('says of a full disk that it is full, and ends with 1', async () => {
    writeFileSync(folder.file('export.csv'), '举报时间,短信内容\n2026-11-11 10:00:00,您好\n')
    const args = ['complaints', 'import', folder.file('export.csv'), '--out', '/dev/full']
    const { code, stderr } = await warmSigwatch(args, { cwd: folder.path })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^sigwatch: cannot write \/dev\/full: ENOSPC: no space left on device/m),
    ])
    expect(stderr).not.toMatch(/USAGE|\n\s+at /)
  })

  it.each([['--out'], ['--truth'], ['--registry-out']])(
    'sigwatch simulate %s names the file that has no room, and ends with 1',
    async (option) => {
      const args = ['simulate', '--minutes', '5', '--out', '/dev/null', option, '/dev/full']
      const { code, stderr } = await warmSigwatch(option === '--out' ? args.toSpliced(3, 2) : args)
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^sigwatch: cannot write \/dev\/full: ENOSPC: no space left on device/m),
      ])
    },
  )

  /** Runs the command in the folder with files of at most `blocks` of 512 bytes. */
  function withSmallFiles(blocks: number, ...args: readonly string[]) {
    ensureBuilt()
    const command = ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, MAIN, ...args]
    return spawnSync('sh', command, { cwd: folder.path, encoding: 'utf8' })
  }

  it('sigwatch replay names the file that it could not write', () => {
    const records = Array.from({ length: 40 }, (_, n) => ({ ...RECORD, id: `m${n}` }))
    writeJsonl(folder.file('traffic.jsonl'), records)
    const verdicts = ['--verdicts', 'verdicts.jsonl']
    const { status, stderr } = withSmallFiles(1, 'replay', '--source', 'traffic.jsonl', ...verdicts)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/^sigwatch: cannot write verdicts\.jsonl: EFBIG/m)
  })

  it('sigwatch train names the model that it could not write, and keeps the one in its place', () => {
    writeFileSync(folder.file('corpus.tsv'), 'weather\train and sun\nfood\tbread and soup\n'.repeat(20))
    mkdirSync(folder.file('model'))
    writeFileSync(folder.file('model/weights.bin'), 'earlier')
    const from = ['--labels', 'weather,food', '--corpus', 'corpus.tsv']
    const { status, stderr } = withSmallFiles(100, 'train', ...from, '--out', 'model')
    expect(stderr).toMatch(/^sigwatch: cannot write the model model: EFBIG/m)
    expect(status).toBe(2)
    expect(readdirSync(folder.file('model'))).toEqual(['weights.bin'])
    expect(readFileSync(folder.file('model/weights.bin'), 'utf8')).toBe('earlier')
  })

  it.each([
    ['score'],
    ['run', '--source', '-', '--alerts', 'alerts.jsonl', '--dead-letters', '-'],
    ['feedback', '--list', '--file', 'said.jsonl'],
  ])('sigwatch %s says that its output has no room, and ends with 1', async (...args) => {
    ensureBuilt()
    writeFileSync(folder.file('said.jsonl'), '{"verdict":"confirmed","by":"ann"}\n')
    const command = ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, MAIN, ...args]
    const child = spawn('sh', command, { cwd: folder.path, stdio: ['pipe', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.stdin.end('no record\n')
    const [code] = (await once(child, 'close')) as [number | null]
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^sigwatch: cannot write standard output: ENOSPC[^\n]*\n$/m),
    ])
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('run --source that is stopped on a full disk fails, and names the file', async () => {
    ensureBuilt()
    const args = [MAIN, 'run', '--source', '-', '--alerts', '/dev/full', '--now', '2026-11-11T12:05:00+08:00']
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] })
    const ended = once(child, 'close')
    child.stdin.end(`${JSON.stringify(FORGED)}\n`)
    let stderr = ''
    for await (const line of createInterface(child.stderr)) {
      stderr += `${line}\n`
      if (line.includes('no space left for /dev/full')) child.kill('SIGTERM')
    }
    expect(await ended).toEqual([1, null])
    expect(stderr).toMatch(
      /^sigwatch: \/dev\/full is incomplete: ENOSPC: no space left.*\n {2}OUTPUT_INCOMPLETE: Free/m,
    )
    expect(stderr).not.toMatch(/Redis|USAGE|\n\s+at /)
  }, 90_000)

  it('run without brokers and without a source names what to set', async () => {
    const { code, stderr } = await sigwatch(['run'], { cwd: folder.path })
    expect(code).toBe(2)
    expect(stderr).toContain('KAFKA_BROKERS')
    expect(stderr).toContain('--source')
  })

  it('run with brokers and without a token key says how to make one', async () => {
    const { code, stderr } = await sigwatch(['run'], {
      cwd: folder.path,
      env: { KAFKA_BROKERS: '127.0.0.1:1' },
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/SIGWATCH_PRIVACY_TOKEN_KEY/)
    expect(stderr).toMatch(/openssl rand/)
  })

  it('run with a short token key refuses it without showing it', async () => {
    const env = { KAFKA_BROKERS: '127.0.0.1:1', SIGWATCH_PRIVACY_TOKEN_KEY: 'tooshort-s3cret' }
    const { code, stderr } = await sigwatch(['run'], { cwd: folder.path, env })
    expect(code).toBe(2)
    expect(stderr).toMatch(/32/)
    expect(stderr).not.toContain('s3cret')
  })
})

describe('files of an operator', () => {
  const folder = useFolder()
  const refusals: readonly (readonly [
    what: string,
    name: string,
    content: string,
    says: readonly RegExp[],
  ])[] = [
    [
      'an unknown key',
      'config',
      'deployment: a\nkafka:\n  topics:\n    alertz: x\n',
      [/:4/, /alertz/, /alerts/],
    ],
    ['a wrong value', 'config', 'locale: fr\n', [/:1/, /locale/, /zh-CN/]],
    ['broken YAML', 'config', 'kafka: [a\nlocale: en\n', [/config\.yaml:\d/]],
    [
      'an unknown code',
      'policy',
      'codes:\n  FORGED_BRAN: {action: block}\n',
      [/:2/, /FORGED_BRAN/, /FORGED_BRAND/],
    ],
    [
      'an unknown action',
      'policy',
      'codes:\n  FORGED_BRAND:\n    action: destroy\n',
      [/:3/, /action/, /throttle/],
    ],
    [
      'an unknown threshold',
      'policy',
      'codes:\n  FORGED_BRAND: {thresholds: {nope: 1}}\n',
      [/:2/, /nope/, /minScore/],
    ],
    ['a number out of bounds', 'policy', 'codes:\n  FORGED_BRAND: {weight: 7}\n', [/:2/, /weight/, /1/]],
    [
      'an unknown key',
      'registry',
      'signatures:\n  - name: 京东\n    portz: ["1069*"]\n',
      [/:3/, /portz/, /ports/],
    ],
    ['a port that is none', 'registry', 'ports:\n  - {port: "10*69"}\n', [/:2/, /port/]],
    [
      'a label that is none',
      'registry',
      'signatures:\n  - {name: 京东, scope: [spam]}\n',
      [/:2/, /scope/, /marketing/],
    ],
  ]

  it.each(refusals)(
    '%s in %s: file, line, key and what is allowed, and 2',
    async (_what, name, content, says) => {
      const file = folder.file(`${name}.yaml`)
      writeFileSync(file, content)
      for (const command of [
        ['run', '--source', '-', `--${name}`, file],
        ['check', `--${name}`, file],
      ]) {
        const { code, stderr, stdout } = await warmSigwatch(command, { cwd: folder.path })
        expect(code, stderr).toBe(2)
        expect(stdout).toBe('')
        expect(stderr).toContain(`${name}.yaml`)
        for (const pattern of says) expect(stderr).toMatch(pattern)
        expect(stderr).not.toMatch(/\n\s+at /)
      }
    },
  )

  it('a row of a side input: file, line and field, and 2, without the recipient', async () => {
    const file = folder.file('consents.jsonl')
    writeJsonl(file, [
      { signature: '京东', to: '17002130007', state: 'in', ts: NOON },
      { signature: '京东', to: '17002130014', state: 'perhaps', ts: NOON },
    ])
    const { code, stderr } = await sigwatch(['run', '--source', '-', '--consents', file], {
      cwd: folder.path,
    })
    expect(code, stderr).toBe(2)
    expect(stderr).toMatch(/consents\.jsonl:2/)
    expect(stderr).toMatch(/state/)
    expect(stderr).not.toContain('17002130014')
  })

  it('check is content with what is shipped, and with the samples', async () => {
    const root = join(import.meta.dirname, '..', '..')
    const { code, stderr } = await sigwatch([
      'check',
      '--registry',
      join(root, 'config', 'registry.sample.yaml'),
      '--policy',
      join(root, 'config', 'policy.yaml'),
    ])
    expect(code, stderr).toBe(0)
  })

  it('finds sigwatch.yaml in the working directory, and the environment wins over it', async () => {
    writeFileSync(folder.file('sigwatch.yaml'), 'deployment: from-file\nlocale: zh-CN\n')
    const input = `${JSON.stringify({ ...RECORD, text: RECORD.text.replace('示例超市', '京东'), from: '1068110001' })}\n${JSON.stringify({ ...RECORD, id: 'm2', text: '本店周年庆，全场满199减100，到店即送精美礼品，退订回T' })}\n`
    const args = ['run', '--source', '-', '--now', String(NOON)]
    const byFile = await sigwatch(args, { cwd: folder.path, input })
    const [alert] = parseJsonl(byFile.stdout).map(checkedAlert)
    expect(alert!.source).toBe('/sigwatch/from-file')
    expect(alert!.data.reasons[0]!.detail).toMatch(/\p{Script=Han}/u)
    const byEnvironment = await sigwatch(args, {
      cwd: folder.path,
      input,
      env: { SIGWATCH_DEPLOYMENT: 'from-env' },
    })
    expect(checkedAlert(parseJsonl(byEnvironment.stdout)[0]).source).toBe('/sigwatch/from-env')
  })
})

describe('embedded mode', () => {
  const folder = useFolder()

  it('reads stdin, writes alerts to stdout and words to stderr, and makes no folder of its own', async () => {
    const lines = [
      RECORD,
      { ...RECORD, id: 'm2', text: '本店周年庆，全场满199减100，到店即送精美礼品，退订回T' },
    ]
    const input = `${lines.map((line) => JSON.stringify(line)).join('\n\n')}`
    const { code, stdout, stderr } = await sigwatch(['run', '--source', '-', '--now', String(NOON)], {
      cwd: folder.path,
      input,
    })
    expect(code, stderr).toBe(0)
    expect(
      parseJsonl(stdout)
        .map(checkedAlert)
        .map((alert) => alert.subject),
    ).toEqual(['message:m2'])
    expect(stderr).toMatch(/development key/)
    expect(existsSync(folder.file('demo-output'))).toBe(false)
  })

  it('says how many records were dead letters, and fails when not one could be read', async () => {
    const args = ['run', '--source', '-', '--alerts', '-', '--now', String(NOON)]
    const bad = JSON.stringify({ id: 'm1', content: 'x' })
    const none = await sigwatch(args, { cwd: folder.path, input: `${bad}\n${bad}\n${bad}\n` })
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining('dead letters: 3 of 3 records: not one record could be read\n'),
    ])
    const some = await sigwatch(args, { cwd: folder.path, input: `${bad}\n${JSON.stringify(RECORD)}\n` })
    expect([some.code, some.stderr]).toEqual([0, expect.stringContaining('dead letters: 1 of 2 records\n')])
    const empty = await sigwatch(args, { cwd: folder.path, input: '' })
    expect([empty.code, empty.stderr]).toEqual([0, expect.not.stringContaining('dead letters')])
  })

  it('writes verdicts to stdout when they are asked for there', async () => {
    const args = [
      'run',
      '--source',
      '-',
      '--verdicts',
      '-',
      '--alerts',
      folder.file('a.jsonl'),
      '--now',
      String(NOON),
    ]
    const { code, stdout } = await sigwatch(args, { cwd: folder.path, input: `${JSON.stringify(RECORD)}\n` })
    expect(code).toBe(0)
    expect(parseJsonl(stdout).map(checkedVerdict)).toMatchObject([
      { id: 'm1', action: 'pass', label: 'notice' },
    ])
  })

  it('tokenises with the key that is given', async () => {
    const spam = {
      ...RECORD,
      to: '+86 170-0213-0007'.replaceAll('-', ' '),
      text: '本店周年庆，全场满199减100，到店即送精美礼品，退订回T',
    }
    const { stdout } = await sigwatch(['run', '--source', '-', '--now', String(NOON)], {
      cwd: folder.path,
      input: `${JSON.stringify(spam)}\n`,
      env: { SIGWATCH_PRIVACY_TOKEN_KEY: `k7:${TOKEN_KEY}` },
    })
    const { createHmac } = await import('node:crypto')
    const token = createHmac('sha256', TOKEN_KEY)
      .update('17002130007')
      .digest()
      .subarray(0, 16)
      .toString('base64url')
    expect(checkedAlert(parseJsonl(stdout)[0]).data.message).toMatchObject({
      to: '170****0007',
      toToken: `k7.${token}`,
    })
  })

  it('opens no socket and loads no client', async () => {
    const hook = join(import.meta.dirname, 'fixtures', 'no-sockets.mjs')
    const { code, stderr } = await sigwatch(['run', '--source', '-', '--now', String(NOON)], {
      cwd: folder.path,
      input: `${JSON.stringify(RECORD)}\n`,
      node: ['--import', hook],
    })
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/^MODULES \d+$/m)
    expect(
      stderr.split('\n').filter((line) => line.startsWith('SOCKET') && !line.includes('natural')),
    ).toEqual([])
    // The hook does see what is opened.
    const served = await sigwatch(['run', '--source', '-', '--now', String(NOON)], {
      cwd: folder.path,
      input: `${JSON.stringify(RECORD)}\n`,
      node: ['--import', hook],
      env: { SIGWATCH_HTTP_PORT: '0' },
    })
    expect(served.stderr).toMatch(/^SOCKET listen$/m)
  })

  it('drains on SIGTERM: what was read has its verdict', async () => {
    ensureBuilt()
    const verdicts = folder.file('drained.jsonl')
    const child = spawn(
      process.execPath,
      [
        MAIN,
        'run',
        '--source',
        '-',
        '--verdicts',
        verdicts,
        '--alerts',
        folder.file('drained-a.jsonl'),
        '--now',
        String(NOON),
      ],
      { stdio: ['pipe', 'ignore', 'pipe'], cwd: folder.path },
    )
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    for (let i = 0; i < 500; i++) child.stdin.write(`${JSON.stringify({ ...RECORD, id: `d${i}` })}\n`)
    while (readJsonl(verdicts).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const ended = once(child, 'close')
    child.kill('SIGTERM')
    const [code] = (await ended) as [number | null]
    expect(code, stderr).toBe(0)
    expect(readJsonl<{ id: string }>(verdicts).map((verdict) => verdict.id)).toEqual(
      Array.from({ length: 500 }, (_, i) => `d${i}`),
    )
  })
})

describe('score', () => {
  it('answers a line for a line, in order, with a record or an error', async () => {
    const lines = [
      '【京东】您的验证码是384920，5分钟内有效，请勿泄露。',
      JSON.stringify({
        id: 'r1',
        text: '您的账户今日将被停用，请立即登录 https://icbc-kf88.top 更新身份资料。',
        from: '1068110001',
      }),
      '',
      '{"id":"r2","text":""}',
      '{"broken": ',
      'hello, your parcel is here',
      JSON.stringify({ id: 'r3', text: '长'.repeat(2_001) }),
      '\u0000',
    ]
    const { code, stdout, stderr } = await sigwatch(['score'], { input: lines.join('\n') })
    expect(code).toBe(0)
    expect(stderr).toBe('')
    const answers = parseJsonl<Record<string, unknown>>(stdout)
    expect(answers).toHaveLength(lines.length)
    expect(answers[0]).toMatchObject({ label: 'notice', signature: '京东', urls: [], reasons: [] })
    expect(answers[1]).toMatchObject({ id: 'r1', label: 'fraud', urls: ['https://icbc-kf88.top'] })
    expect(answers[2]).toEqual({ error: expect.any(String) as string })
    expect(answers[3]).toEqual({ id: 'r2', error: expect.any(String) as string })
    expect(answers[4]).toMatchObject({ label: expect.any(String) as string, signature: null })
    expect(answers[6]).toEqual({ id: 'r3', error: expect.any(String) as string })
    for (const answer of answers) {
      if ('error' in answer) continue
      const scores = answer.scores as Record<string, number>
      expect(Object.keys(scores).sort()).toEqual([
        'finance',
        'fraud',
        'illicit',
        'marketing',
        'notice',
        'personal',
      ])
      expect(Object.values(scores).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 3)
      expect(answer.label).toBe(Object.entries(scores).sort(([, a], [, b]) => b - a)[0]![0])
    }
  })

  it('answers each line before the next one is written', async () => {
    ensureBuilt()
    const child = spawn(process.execPath, [MAIN, 'score'], { stdio: ['pipe', 'pipe', 'ignore'] })
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    for (let i = 0; i < 3; i++) {
      child.stdin.write(`${JSON.stringify({ id: `w${i}`, text: RECORD.text })}\n`)
      const { value } = (await answers.next()) as { value: string }
      expect(JSON.parse(value)).toMatchObject({ id: `w${i}`, label: 'notice' })
    }
    child.stdin.end()
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(0)
  })

  it('ends without a stack trace when its reader closes the pipe', async () => {
    ensureBuilt()
    const child = spawn(process.execPath, [MAIN, 'score'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.stdin.on('error', () => {})
    child.stdin.write(`${RECORD.text}\n`)
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const feeding = setInterval(() => child.stdin.write(`${RECORD.text}\n`.repeat(500)), 20)
    const [code] = (await once(child, 'exit')) as [number | null]
    clearInterval(feeding)
    expect(code).toBe(1)
    expect(stderr).toBe('')
  })

  it('holds its memory over 100,000 lines', async () => {
    ensureBuilt()
    // With a small heap V8 collects what is dead as it goes; left to itself it lets 100 MB of it lie.
    const child = spawn(process.execPath, ['--max-old-space-size=128', MAIN, 'score'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const memory = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024
    const LINES = 100_000
    let written = 0
    const write = async () => {
      while (written < LINES) {
        const chunk: string[] = []
        for (let i = 0; i < 500; i++) {
          const n = written++
          chunk.push(
            JSON.stringify({
              id: String(n),
              text: `【示例超市】您的订单${n}已发货，预计今日送达，请保持手机畅通。`,
            }),
          )
        }
        if (!child.stdin.write(`${chunk.join('\n')}\n`)) await once(child.stdin, 'drain')
      }
      child.stdin.end()
    }
    const writing = write()
    let answered = 0
    let warm = 0
    let last = 0
    for await (const line of createInterface({ input: child.stdout })) {
      // Parsing each would take the reader longer than the command.
      if (!line.startsWith(`{"id":"${answered}"`)) throw new Error(`line ${answered}: ${line.slice(0, 80)}`)
      answered++
      if (answered === LINES / 4) warm = memory()
      if (answered === LINES - 1_000) last = memory()
    }
    await writing
    expect(answered).toBe(LINES)
    expect(last - warm, `${warm} MB after a quarter, ${last} MB at the end`).toBeLessThan(60)
  })
})

describe('demo', () => {
  const folder = useFolder()

  it('shows a simulated hour: everything that is planted is raised, and the files are there', {
    timeout: 240_000,
  }, async () => {
    const { code, stdout, stderr } = await sigwatch(['demo', '--seed', '11'], { cwd: folder.path })
    expect(code, stderr).toBe(0)
    for (const name of ['messages', 'truth', 'alerts', 'verdicts', 'dead-letters']) {
      expect(existsSync(folder.file(`demo-output/${name}.jsonl`)), name).toBe(true)
    }
    const alerts = readJsonl(folder.file('demo-output/alerts.jsonl')).map(checkedAlert)
    const raised = alerts.filter((alert) => alert.type === 'sigwatch.alert.raised')
    const planted = readJsonl<{ code?: string; target?: { kind: string; id: string }; event: string }>(
      folder.file('demo-output/truth.jsonl'),
    ).filter((line) => line.target !== undefined)
    expect(planted.length).toBeGreaterThan(8)
    for (const { code, target } of planted) {
      const hit = raised.some(
        ({ data }) =>
          data.reasons[0]!.code === code &&
          data.target.kind === target!.kind &&
          (target!.id === '*' || target!.kind === 'recipient' || data.target.id === target!.id),
      )
      expect(hit, `${code} ${target!.kind}:${target!.id}`).toBe(true)
    }
    const records = readFileSync(folder.file('demo-output/messages.jsonl')).filter(
      (byte) => byte === 10,
    ).length
    const verdicts = readFileSync(folder.file('demo-output/verdicts.jsonl')).filter(
      (byte) => byte === 10,
    ).length
    const letters = readJsonl(folder.file('demo-output/dead-letters.jsonl')).length
    expect(verdicts + letters).toBe(records)
    expect(stdout).toMatch(/FORGED_BRAND/)
  })
})
