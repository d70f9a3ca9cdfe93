import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { openLinesSink } from '../../../../src/adapters/sinks/lines.ts'
import type { Event } from '../../../../src/domain/events.ts'
import type { OutputRecord } from '../../../../src/domain/ports.ts'
import { until } from '../../../helpers/recording-handler.ts'

const dir = mkdtempSync(join(tmpdir(), 'sigwatch-lines-'))
afterAll(() => rmSync(dir, { recursive: true }))
const emit = () => {}
const alert = (value: string): OutputRecord => ({ channel: 'alerts', key: 'message:1', value })

describe('the lines sink', () => {
  it('writes dead letters with error, place and raw bytes', async () => {
    const path = join(dir, 'dead.jsonl')
    const sink = await openLinesSink({ paths: { deadLetters: path }, emit })
    const value = Buffer.from([0x7b, 0xff, 0x0a, 0x00])
    await sink.write([
      {
        channel: 'deadLetters',
        key: null,
        value,
        headers: {
          'sigwatch-error': 'RECORD_NOT_UTF8',
          'sigwatch-detail': 'byte 1',
          'sigwatch-stage': 'decode',
          'sigwatch-topic': 'in.jsonl',
          'sigwatch-partition': '0',
          'sigwatch-offset': '17',
        },
      },
    ])
    await sink.close()
    const [line, rest] = readFileSync(path, 'utf8').split('\n')
    expect(rest).toBe('')
    expect(JSON.parse(line!)).toEqual({
      error: 'RECORD_NOT_UTF8',
      detail: 'byte 1',
      stage: 'decode',
      source: 'in.jsonl',
      partition: 0,
      offset: 17,
      value: value.toString('base64'),
    })
  })

  it('tells of a dead letter that holds the beginning of a record how many bytes the whole has', async () => {
    const path = join(dir, 'cut.jsonl')
    const sink = await openLinesSink({ paths: { deadLetters: path }, emit })
    const headers = { 'sigwatch-error': 'RECORD_TOO_LARGE', 'sigwatch-truncated': '4000000' }
    await sink.write([{ channel: 'deadLetters', key: null, value: Buffer.from('abc'), headers }])
    await sink.close()
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ value: 'YWJj', truncated: 4_000_000 })
  })

  it('truncates files, even if nothing is written', async () => {
    const path = join(dir, 'anew.jsonl')
    const first = await openLinesSink({ paths: { alerts: path }, emit })
    await first.write([alert('{"n":1}')])
    await first.close()
    const second = await openLinesSink({ paths: { alerts: path }, emit })
    await second.close()
    expect(existsSync(path)).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  it('lets channels share a file and standard output, with lines whole', async () => {
    const stdout = new PassThrough()
    const path = join(dir, 'shared.jsonl')
    const sink = await openLinesSink({
      paths: { alerts: path, shadowAlerts: `${dir}/./shared.jsonl`, verdicts: '-' },
      emit,
      stdout,
    })
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        sink.write([
          {
            channel: n % 2 ? 'alerts' : 'shadowAlerts',
            key: null,
            value: JSON.stringify({ n, x: 'x'.repeat(5_000) }),
          },
          { channel: 'verdicts', key: null, value: String(n) },
        ]),
      ),
    )
    await sink.close()
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    expect(lines.map((l) => JSON.parse(l).n).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, n) => n),
    )
    expect(String(stdout.read())).toBe(Array.from({ length: 100 }, (_, n) => `${n}\n`).join(''))
  })

  it('waits while the reader of standard output is slow', async () => {
    const taken: string[] = []
    const stdout = new Writable({
      highWaterMark: 10,
      write(chunk, _, done) {
        setTimeout(() => {
          taken.push(String(chunk))
          done()
        }, 100)
      },
    })
    const sink = await openLinesSink({ paths: { alerts: '-' }, emit, stdout })
    await sink.write([alert('a')])
    expect(taken).toEqual(['a\n'])
  })

  it('refuses for good when the reader of standard output is gone, and says EPIPE', async () => {
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const path = join(dir, 'beside.jsonl')
    const sink = await openLinesSink({ paths: { alerts: '-', verdicts: path }, emit, stdout })
    const verdict: OutputRecord = { channel: 'verdicts', key: null, value: '{}' }
    await expect(sink.write([verdict, alert('a')])).rejects.toMatchObject({
      code: 'SINK_REFUSED',
      refused: [{ index: 1, channel: 'alerts' }],
      cause: { code: 'EPIPE' },
    })
    // What could be delivered was.
    expect(readFileSync(path, 'utf8')).toBe('{}\n')
    await sink.close()
  })

  it.runIf(existsSync('/dev/full'))('waits for space on a full disk until it is told to stop', async () => {
    const events: Event[] = []
    const sink = await openLinesSink({ paths: { alerts: '/dev/full' }, emit: (e) => events.push(e) })
    const aborted = new AbortController()
    const writing = sink.write([alert('a')], aborted.signal)
    let settled = false
    void writing
      .catch(() => undefined)
      .finally(() => {
        settled = true
      })
    await until(() => sink.unready().length > 0)
    await sleep(200)
    expect(settled).toBe(false)
    expect(events).toEqual([{ name: 'warning', message: 'no space left for /dev/full: waiting' }])
    expect(sink.incomplete()).toBeUndefined()
    aborted.abort()
    await expect(writing).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retry: true })
    expect(sink.incomplete()).toMatchObject({
      code: 'OUTPUT_INCOMPLETE',
      message: expect.stringMatching(/^\/dev\/full is incomplete: ENOSPC/),
    })
    await sink.close()
  })

  it.each([
    ['a folder that is not there', join(dir, 'absent', 'a.jsonl')],
    ['a folder', dir],
  ])('rejects with USAGE for %s', async (_, path) => {
    await expect(openLinesSink({ paths: { alerts: path }, emit })).rejects.toMatchObject({ code: 'USAGE' })
  })
})
