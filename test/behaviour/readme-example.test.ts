import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { useFolder } from '../helpers/jsonl.ts'
import { checkedAlert } from '../helpers/schema.ts'
import { sigwatch } from '../helpers/service.ts'

const folder = useFolder()
const RECORD = {
  id: 'gw7-88019.1',
  ts: '2026-11-11T08:00:05+08:00',
  from: '10690000077',
  to: '13800005678',
  text: '【京东】您的订单异常，请登录 kefu-tk.top 办理退款',
}
/** What differs from model to model and from file to file; which signs count for nothing does too, and whether any do. */
const VARIES = new Set([
  'score',
  'certainty',
  'model',
  'policy',
  'registry',
  'topic',
  'detail',
  'speaksFor',
  'speaksAgainst',
])

function withoutVarying(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVarying)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'neutral')
      .map(([key, item]) => [key, VARIES.has(key) ? typeof item : withoutVarying(item)]),
  )
}

it.each(['README.md', 'README.zh-CN.md'])(
  'the alert in %s is valid, and what such a message raises',
  async (page) => {
    const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
    const shown: unknown = JSON.parse(/```json\n(\{\n {2}"specversion"[\s\S]*?)\n```/.exec(text)![1]!)
    checkedAlert(shown)
    const { stdout, stderr } = await sigwatch(
      ['run', '--source', '-', '--now', '2026-11-11T08:00:06+08:00'],
      { input: `${JSON.stringify(RECORD)}\n`, cwd: folder.path },
    )
    const [raised] = stdout.split('\n')
    expect(raised, stderr).not.toBe('')
    expect(withoutVarying(shown)).toEqual(withoutVarying(JSON.parse(raised!)))
  },
)
