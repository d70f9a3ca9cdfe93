import { describe, expect, it } from 'vitest'
import { StoredNames } from '../../../../src/stores/rates/stored-names.ts'

const KEY = 'a key of the test that is long enough'

describe('names of entities in Redis', () => {
  const names = new StoredNames([KEY, 'a former key of the test that is long'])

  it.each(['port:13812345678', 'port-signatures:447700900123', 'escalation:X:sender:京东@13812345678'])(
    'hides the number of %s',
    (entity) => {
      const name = names.of(entity)
      expect(name).toMatch(/[:@]~[\w-]{16}$/)
      expect(name).not.toContain(/\d{7,}/.exec(entity)![0])
      expect(names.of(entity)).toBe(name)
      expect(new Set(names.all(entity))).toEqual(new Set([name, expect.stringMatching(/~/), entity]))
      expect(names.all(entity)).toHaveLength(3)
      expect(new StoredNames(['another key of the test, long too']).of(entity)).not.toBe(name)
    },
  )

  it.each(['port:1069012345678', 'port:95588', 'signature:京东', 'port:10690123*', 'port:1381234*', 'x'])(
    'leaves %s as earlier versions read it',
    (entity) => {
      expect(names.of(entity)).toBe(entity)
      expect(names.all(entity)).toEqual([entity])
    },
  )

  it('leaves everything as it is without a key', () => {
    expect(new StoredNames([]).of('port:13812345678')).toBe('port:13812345678')
  })
})
