import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { libraries } from '../../settings/files/libraries.ts'
import { AlikeIndex } from '../alike/alike-index.ts'
import { Trades, type TradesFile } from '../alike/trades.ts'
import type { NoticeIndex } from '../notices/notice-index.ts'

const TRADES = fileURLToPath(new URL('../../../config/trades.yaml', import.meta.url))

/** An empty index. Trades are read when the first advertisements are compared. */
export function openAlike(notices: NoticeIndex): AlikeIndex {
  const read = () => libraries.yaml.parse(readFileSync(TRADES, 'utf8')) as TradesFile
  return new AlikeIndex(notices, () => new Trades(read(), notices.sketcher))
}
