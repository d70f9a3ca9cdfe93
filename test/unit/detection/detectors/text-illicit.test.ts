import { describe } from 'vitest'
import { textIllicit } from '../../../../src/detection/detectors/text-illicit.ts'
import { maliciousTextSuite } from '../../../helpers/malicious-text-suite.ts'

describe('TEXT_ILLICIT', () => maliciousTextSuite(textIllicit, 'illicit', 'fraud'))
