import type { Filing, SignatureRow } from '../../src/domain/registry.ts'
import { contextOf, NOON, registryOf, signatureRow } from './detector-fixtures.ts'

const filings = (...all: Partial<Filing>[]): Partial<SignatureRow> => ({
  filings: all.map((filing) => ({ ports: ['1069*'], status: 'filed', ...filing })),
})
/** A registry of signatures with every kind of filing, and of ports with limits. */
export const filedContext = contextOf(
  registryOf({
    signatures: [
      signatureRow('甲公司', ['10690001*', '10690009']),
      signatureRow('停用公司', [], filings({ status: 'suspended' })),
      signatureRow('撤销公司', [], filings({ status: 'revoked' })),
      signatureRow('过期公司', [], filings({ to: NOON })),
      signatureRow(
        '乙公司',
        [],
        filings(
          { carrier: 'CMCC', sp: 'SP1', scope: ['notice'] },
          { carrier: 'CUCC', sp: 'SP1', scope: ['marketing'] },
        ),
      ),
      signatureRow('不限公司', []),
      signatureRow('某某消费金融', [], filings({ scope: ['notice', 'finance'] })),
    ],
    ports: [
      { port: '106955*', sharedBy: 1, signatureAdded: 'downstream' },
      { port: '10690001*', sharedBy: 1 },
      { port: '106966*', sharedBy: 1, scope: ['notice'] },
    ],
  }),
)
