import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { claimOf } from '../../../../../src/detection/detectors/brand-decision/claimed-brands.ts'
import { openingClaim } from '../../../../../src/detection/detectors/brand-decision/opening.ts'
import { messageOf, shippedContext } from '../../../../helpers/detector-fixtures.ts'

const CHECKS = new URL('../../../../../corpus/brand-checks/offices-and-accounts.tsv', import.meta.url)
const rows = readFileSync(CHECKS, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [kind: string, sender: string, brand: string, text: string])
const accounts = rows.filter(([, , , text]) => /\d{15}/.test(text))
const { registry } = shippedContext()
const claimed = (text: string) =>
  claimOf(messageOf(text, { from: '13812345678', label: 'fraud' }), registry)?.brand.id

describe('openingClaim', () => {
  it.each([
    ['家长您好，教育局发放开学补助，加群登记', 'jiaoyu'],
    ['尊敬的业主您好：燃气公司返还多收气费', 'chinagas'],
    ['车主朋友您好，E T C 已失效，请更新', 'etc'],
  ])('looks behind whom it addresses: %s', (text, brand) => {
    expect(openingClaim(messageOf(text), registry)?.brand.id).toBe(brand)
  })
})

describe('the bank of an account', () => {
  it.each(accounts.filter(([kind]) => kind === 'lawful'))('is not who writes: %s %s %s %s', (...row) => {
    expect(claimed(row[3])).toBeUndefined()
  })

  it.each(accounts.filter(([kind]) => kind === 'forged'))('is who writes: %s %s %s %s', (...row) => {
    expect(claimed(row[3])).toBe(registry.brandByName(row[2])?.id)
  })
})
