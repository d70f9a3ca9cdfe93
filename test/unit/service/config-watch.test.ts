import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { watchConfig } from '../../../src/service/config-watch.ts'
import type { FileWatch } from '../../../src/service/file-watch.ts'
import { HttpTokenBook } from '../../../src/service/http-token-book.ts'
import { Refusals } from '../../../src/service/refusals.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { until } from '../../helpers/recording-handler.ts'

const [OLD, NEW] = ['old-token-of-lin-0123456789', 'new-token-of-lin-0123456789'] as const
const listed = (token: string) => JSON.stringify([{ name: 'lin', token, may: ['block'] }])

describe('watchConfig', () => {
  const folder = useFolder()
  let watch: FileWatch | undefined
  afterEach(async () => {
    await watch?.stop()
  })

  function followed(events: Event[], refusals = new Refusals()) {
    const file = folder.file('tokens.json')
    writeFileSync(file, listed(OLD))
    const env = { SIGWATCH_HTTP_TOKENS_FILE: 'tokens.json' }
    const read = () => loadConfig({ env, folder: folder.path, serving: false })
    const { config, valueFiles } = read()
    const book = new HttpTokenBook(config.http.tokens ?? [])
    const paths = [valueFiles.get('http.tokens')!]
    expect(paths).toEqual([file])
    watch = watchConfig({
      ...{ config, read: () => read().config, paths, tokens: book, refusals },
      emit(event) {
        refusals.take(event)
        events.push(event)
      },
    })
    watch.start()
    return { book, file }
  }

  /** Of a process that starts with brokers only. */
  function followedFile(
    events: Event[],
    text = `kafka: {brokers: [127.0.0.1:9092]}\nhttp: {tokens: ${listed(OLD)}}\n`,
  ) {
    const file = folder.file('sigwatch.yaml')
    writeFileSync(file, text)
    const read = () => {
      const { config } = loadConfig({ file, env: {}, folder: folder.path, serving: false })
      if (!config.kafka.brokers) throw new SigwatchError('USAGE', 'no brokers')
      return config
    }
    const config = read()
    const book = new HttpTokenBook(config.http.tokens ?? [])
    watch = watchConfig({
      ...{ config, read, paths: [file], tokens: book },
      emit: (event) => events.push(event),
    })
    watch.start()
    return { book, file }
  }

  it('takes the tokens of its file again on SIGHUP', async () => {
    const { book, file } = followed([])
    expect(book.holderOf(OLD)?.name).toBe('lin')
    writeFileSync(file, listed(NEW))
    process.emit('SIGHUP')
    await until(() => book.holderOf(NEW) !== undefined, 5_000)
    expect(book.holderOf(OLD)).toBeUndefined()
    expect(book.holderOf(NEW)).toMatchObject({ name: 'lin', may: ['block'] })
  })

  it('reports an exchange of tokens once, and none where they are the same', async () => {
    const events: Event[] = []
    const { book, file } = followed(events)
    writeFileSync(file, listed(NEW))
    process.emit('SIGHUP')
    await until(() => book.holderOf(NEW) !== undefined, 5_000)
    expect(events).toEqual([{ name: 'tokens_loaded', tokens: 1 }])
    process.emit('SIGHUP')
    await watch!.stop()
    expect(events).toHaveLength(1)
  })

  it.each([
    ['is gone', 'kafka: {brokers: [127.0.0.1:9092]}\n', 'http.tokens'],
    ['is refused at a start', `http: {tokens: ${listed(NEW)}}\n`, 'no brokers'],
  ])('keeps its tokens when the new configuration %s', async (_, text, reason) => {
    const events: Event[] = []
    const { book, file } = followedFile(events)
    writeFileSync(file, text)
    process.emit('SIGHUP')
    await until(() => events.length > 0, 5_000)
    expect(events).toMatchObject([
      { name: 'reload_refused', what: 'tokens', reason: expect.stringContaining(reason) },
    ])
    expect(book.holderOf(OLD)?.name).toBe('lin')
  })

  it('says that tokens where there were none take effect at the next start', async () => {
    const events: Event[] = []
    const { book, file } = followedFile(events, 'kafka: {brokers: [127.0.0.1:9092]}\n')
    writeFileSync(file, `kafka: {brokers: [127.0.0.1:9092]}\nhttp: {tokens: ${listed(NEW)}}\n`)
    process.emit('SIGHUP')
    await until(() => events.length > 0, 5_000)
    expect(events).toEqual([
      {
        name: 'warning',
        message: 'settings that take effect at the next start have changed: http.tokens',
      },
    ])
    expect(book.holderOf(NEW)).toBeUndefined()
  })

  it('names a refused configuration until it is read without a fault', async () => {
    const refusals = new Refusals()
    const { file } = followed([], refusals)
    writeFileSync(file, `${listed(NEW)}]`)
    process.emit('SIGHUP')
    await until(() => refusals.notes().length > 0, 5_000)
    expect(refusals.notes()).toEqual([expect.stringMatching(/^tokens: a new version is refused/)])
    expect(refusals.notes()[0]).not.toContain(NEW)
    writeFileSync(file, listed(OLD))
    process.emit('SIGHUP')
    await until(() => refusals.notes().length === 0, 5_000)
  })

  it('takes a refusal back when a file that the configuration names is there again', async () => {
    const events: Event[] = []
    const refusals = new Refusals()
    const [file, pem] = [folder.file('sigwatch.yaml'), folder.file('ca.pem')]
    const text = '-----BEGIN CERTIFICATE-----'
    writeFileSync(file, `kafka: {ssl: {enabled: true, ca: ca.pem}}\nhttp: {tokens: ${listed(OLD)}}\n`)
    writeFileSync(pem, text)
    const read = () => loadConfig({ file, env: {}, folder: folder.path, serving: false }).config
    const config = read()
    watch = watchConfig({
      ...{ config, read, paths: [file], tokens: new HttpTokenBook(config.http.tokens!), refusals },
      emit(event) {
        refusals.take(event)
        events.push(event)
      },
      checkEvery: 20,
    })
    watch.start()
    rmSync(pem)
    process.emit('SIGHUP')
    await until(() => refusals.notes().length > 0, 5_000)
    expect(refusals.notes()[0]).toMatch(/ca\.pem/)
    // Some checks later the fault is the same.
    await sleep(200)
    expect(events.map(({ name }) => name)).toEqual(['reload_refused'])
    expect(refusals.notes()).toHaveLength(1)
    writeFileSync(pem, text)
    await until(() => refusals.notes().length === 0, 5_000)
    expect(events).toHaveLength(1)
  })

  it('keeps its tokens when the file is wrong, and reports it without the tokens', async () => {
    const events: Event[] = []
    const { book, file } = followed(events)
    writeFileSync(file, `${listed(NEW)}]`)
    process.emit('SIGHUP')
    await until(() => events.length > 0, 5_000)
    expect(events).toMatchObject([{ name: 'reload_refused', what: 'tokens' }])
    expect(JSON.stringify(events)).not.toContain(NEW)
    expect(book.holderOf(OLD)?.name).toBe('lin')
  })

  it('says once which other settings take effect at the next start', async () => {
    const events: Event[] = []
    const file = folder.file('sigwatch.yaml')
    const write = (approval: string, token: string) =>
      writeFileSync(file, `manual: {approval: ${approval}}\nhttp: {tokens: ${listed(token)}}\n`)
    write('none', OLD)
    const read = () => loadConfig({ file, env: {}, folder: folder.path, serving: false }).config
    const config = read()
    const book = new HttpTokenBook(config.http.tokens ?? [])
    watch = watchConfig({
      ...{ config, read, paths: [file], tokens: book },
      emit: (event) => events.push(event),
    })
    watch.start()
    write('required', OLD)
    process.emit('SIGHUP')
    await until(() => events.length > 0, 5_000)
    write('required', NEW)
    process.emit('SIGHUP')
    await until(() => book.holderOf(NEW) !== undefined, 5_000)
    expect(events).toEqual([
      {
        name: 'warning',
        message: 'settings that take effect at the next start have changed: manual.approval',
      },
      { name: 'tokens_loaded', tokens: 1 },
    ])
  })
})
