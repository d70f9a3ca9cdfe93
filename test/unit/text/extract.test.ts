import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SHIPPED_SKETCH } from '../../../src/detection/versions/sample-notices.ts'
import { likeness } from '../../../src/domain/sketch.ts'
import { type Extracted, extract } from '../../../src/text/extract.ts'
import { loadSketchTable } from '../../../src/text/reader/sketch-table.ts'
import { Sketcher } from '../../../src/text/sketch.ts'

interface Vector {
  readonly says: string
  readonly text: string
  readonly signature?: string
  readonly found: Extracted
}

const ROOT = join(import.meta.dirname, '../../..')
const VECTORS = JSON.parse(
  readFileSync(join(ROOT, 'examples/extraction/vectors.json'), 'utf8'),
) as readonly Vector[]

describe('the extractor', () => {
  it.each(VECTORS)('finds what the vectors say: $says', ({ text, signature, found }) => {
    expect(extract(text, signature)).toEqual(found)
  })

  it('sees one host in what a reader takes for one', () => {
    const hosts = ['icbc-jf。vip', 'ｉｃｂｃ-jf.vip', 'icbc-jf点vip', 'ICBC-JF.vip', 'icbc-jf[.]vip'].map(
      (written) => extract(`请登录 ${written} 核实`).urls.map(({ host }) => host),
    )
    expect(hosts).toEqual(hosts.map(() => ['icbc-jf.vip']))
  })

  it('gives texts that say the same sketches that point the same way, and none where there is no table', () => {
    const sketcher = new Sketcher(loadSketchTable(SHIPPED_SKETCH))
    const sketchOf = (text: string) => {
      const [table, bytes] = extract(text, undefined, sketcher).sketch!.split(':')
      expect(table).toBe(sketcher.id)
      return new Int8Array(Buffer.from(bytes!, 'base64url'))
    }
    const one = sketchOf('【工商银行】您的账户存在异常，请尽快登录 icbc-jf.vip 进行核实，逾期将冻结')
    const like = sketchOf('【建设银行】您账户有异常，请尽快登陆 ccb-x.top 核实身份，逾期将被冻结')
    const other = sketchOf('您的快递已放在小区东门的快递柜，请凭取件码今日取件')
    expect(likeness(one, like)).toBeGreaterThan(0.6)
    expect(likeness(one, other)).toBeLessThan(0.5)
    expect(extract('您的账户存在异常，请尽快登录核实')).not.toHaveProperty('sketch')
    expect(extract('你好', undefined, sketcher)).not.toHaveProperty('sketch')
  })

  it('imports nothing but the text layer and the public suffix list', () => {
    const seen = new Set<string>()
    const packages = new Set<string>()
    const follow = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      const source = readFileSync(path, 'utf8')
      for (const [, from] of source.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)'/gms)) {
        if (from!.startsWith('.')) follow(join(path, '..', from!))
        else packages.add(from!)
      }
    }
    follow(join(ROOT, 'src/text/extract.ts'))
    expect([...packages].sort()).toEqual(['node:url', 'tldts'])
  })
})
