import { describe } from 'vitest'
import { textFraud } from '../../../src/detectors/text-fraud.ts'
import { maliciousTextSuite } from '../../helpers/malicious-text-suite.ts'

describe('TEXT_FRAUD', () => maliciousTextSuite(textFraud, 'fraud', 'illicit'))
