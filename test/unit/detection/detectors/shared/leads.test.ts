import { describe, expect, it } from 'vitest'
import { enterprisesAmong } from '../../../../../src/detection/detectors/shared/leads.ts'

describe('enterprises among signatures', () => {
  const BRANDS = ['德禄', '鸿邦', '锦润', '泰诚', '凯宏', '祥安']
  const each = (name: (brand: string) => string) => BRANDS.map(name)

  it.each([
    ['training centres of one city', each((brand) => `上海${brand}培训中心`), 6],
    ['the same with the district', each((brand) => `上海市徐汇区${brand}培训中心`), 6],
    ['shops of one province', each((brand) => `广东省${brand}体验馆`), 6],
    ['a chain', ['湘里人家人民路店', '湘里人家万达店', '湘里人家中山馆'], 1],
    ['a chain in several cities', ['上海湘里人家万达店', '长沙湘里人家银泰店', '湘里人家五一店'], 1],
    ['a brand of two signs', ['万达朝阳路店', '万达西湖店', '万达东城分店', '万达旗舰店'], 1],
    ['a brand of two signs before brackets', ['屈臣(徐家汇店)', '屈臣（万体馆店）'], 1],
    ['a bank that is named after a city', ['上海银行徐汇支行', '上海银行静安支行'], 1],
    ['companies that begin alike', ['德润商贸', '德润服饰'], 2],
    ['nothing but a region and an ending', ['上海中心', '北京中心'], 2],
  ])('%s', (_, names, count) => {
    expect(enterprisesAmong(names)).toBe(count)
  })
})
