import { openNotices } from '../../src/detection/versions/sample-notices.ts'
import type { LearnedNotice } from '../../src/domain/notices.ts'
import { messageOf } from './detector-fixtures.ts'

/** The shipped samples, with learned notices. */
export function noticesWith(learned: readonly Partial<LearnedNotice & { readonly text: string }>[] = []) {
  const index = openNotices()
  const notices = learned.map(
    ({ text = '', ...more }, i): LearnedNotice => ({
      id: String(i),
      brand: 'jd',
      table: index.table,
      sketch: index.sketchOf(messageOf(text))!,
      hosts: [],
      numbers: [],
      carries: [],
      port: '10690001',
      ...(more.port === undefined ? { signature: '京东' } : {}),
      ...more,
    }),
  )
  const brands = [...new Set(notices.map(({ brand }) => brand))]
  index.put(brands.map((brand) => ({ brand, notices: notices.filter((notice) => notice.brand === brand) })))
  return index
}
