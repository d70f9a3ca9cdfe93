import type { Ask } from '../../src/analyst/archive/ask.ts'
import type { Client } from '../../src/analyst/archive/database.ts'

/** The needed fields of a node in an executed plan. */
interface PlanNode {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly PlanNode[]
}

function readIn(node: PlanNode, table: RegExp): number {
  const own = table.test(node['Relation Name'] ?? '')
    ? node['Actual Loops'] *
      (node['Actual Rows'] +
        (node['Rows Removed by Filter'] ?? 0) +
        (node['Rows Removed by Index Recheck'] ?? 0))
    : 0
  return (node.Plans ?? []).reduce((sum, one) => sum + readIn(one, table), own)
}

function tablesIn(node: PlanNode): string[] {
  return [node['Relation Name'] ?? [], ...(node.Plans ?? []).map(tablesIn)].flat()
}

/** Data read by the statements of some work. */
export interface Reads {
  readonly statements: readonly string[]
  /** Rows read from tables whose name matches, including those removed by filters. */
  rows(table: RegExp): number
  /** Pages read from cache or disk. */
  readonly buffers: number
  /** Number of matching tables in the plans, each counted once per statement. */
  planned(table: RegExp): number
}

/** Runs the work, and each of its statements once more with EXPLAIN ANALYZE. */
export async function readsOf(client: Client, work: (ask: Ask) => Promise<unknown>): Promise<Reads> {
  const statements: string[] = []
  const plans: PlanNode[] = []
  let last: Promise<unknown> = Promise.resolve()
  const run = async (sql: string, values: readonly unknown[]) => {
    statements.push(sql)
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`, [...values])
    plans.push(rows[0]['QUERY PLAN'][0].Plan)
    return (await client.query(sql, [...values])).rows
  }
  await work((sql, values) => {
    const next = last.then(() => run(sql, values))
    last = next.catch(() => undefined)
    return next as never
  })
  return {
    statements,
    buffers: plans.reduce((sum, plan) => sum + plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], 0),
    rows: (table) => plans.reduce((sum, plan) => sum + readIn(plan, table), 0),
    planned: (table) =>
      plans.reduce((sum, plan) => sum + new Set(tablesIn(plan).filter((name) => table.test(name))).size, 0),
  }
}
