import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import { freshLogin, freshTls } from '../../../src/service/fresh-secrets.ts'
import { FileSecret } from '../../../src/settings/secret.ts'
import { makeAuthority } from '../../helpers/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'sigwatch-fresh-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secretIn = (file: string) => new FileSecret(readFileSync(file, 'utf8'), file)

describe('freshTls', () => {
  const [first, second] = ['first', 'second'].map((name) => {
    mkdirSync(join(folder, name))
    return readFileSync(makeAuthority(join(folder, name)).ca, 'utf8')
  }) as [string, string]

  it.each([
    ['is cut off in the middle of the only certificate', () => second.slice(0, 100)],
    ['is cut off in the middle of the second certificate', () => `${first}${second.slice(0, 300)}`],
    ['is cut off in a first line', () => `${second}-----BEG`],
    ['is empty', () => ''],
    ['has a damaged certificate', () => second.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA')],
  ])('keeps the certificates while a file %s', (_, written) => {
    const file = join(folder, 'ca.pem')
    writeFileSync(file, first)
    const events: Event[] = []
    const tls = freshTls({ ca: secretIn(file), cert: null, key: null }, 'redis', (event) =>
      events.push(event),
    )
    expect(tls.ca).toBe(first)
    writeFileSync(file, written())
    expect([tls.ca, tls.ca]).toEqual([first, first])
    expect(events.map(({ name }) => name)).toEqual(['certificates_refused'])
    writeFileSync(file, `${second}\n`)
    expect(tls.ca).toBe(`${second}\n`)
    expect(events.map(({ name }) => name)).toEqual(['certificates_refused', 'certificates_loaded'])
  })

  it('tells that a refusal is over where the files are as before', () => {
    const file = join(folder, 'same.pem')
    writeFileSync(file, first)
    const events: Event[] = []
    const tls = freshTls({ ca: secretIn(file), cert: null, key: null }, 'redis', (event) =>
      events.push(event),
    )
    rmSync(file)
    expect(tls.ca).toBe(first)
    writeFileSync(file, first)
    expect([tls.ca, tls.ca]).toEqual([first, first])
    expect(events.map(({ name }) => name)).toEqual(['certificates_refused', 'certificates_loaded'])
  })
})

describe('freshLogin', () => {
  it('keeps the password while its file is empty or missing', () => {
    const file = join(folder, 'password')
    writeFileSync(file, 'old\n')
    const login = freshLogin({ mechanism: 'plain', username: 'sigwatch' }, new FileSecret('old', file))
    writeFileSync(file, '')
    expect(login.password).toBe('old')
    rmSync(file)
    expect(login.password).toBe('old')
    writeFileSync(file, 'new\n')
    expect(login.password).toBe('new')
  })
})
