import type { AnalysedMessage } from '../../../domain/message.ts'

/** What a bureau is of: a shop may be called 饭局 or 开心社区 as well. */
const BUREAU =
  '公安|税|税务|教育|财政|民政|司法|卫生健康|卫健|医疗保障|人力资源和社会保障|市场监督管理|市场监管|应急管理|应急|自然资源|生态环境|环保|交通运输|交通|公路|水利|水务|农业农村|文化和旅游|文旅|体育|统计|审计|气象|信访|退役军人事务|城市管理|城管|住房和城乡建设|住建|房管|就业|行政审批|数据|林业|园林|邮政|海事|海关|缉私|移民管理|移民|证监|金融监管|刑侦|供电|消防救援'
/** Names of public bodies, as they are filed. */
const PUBLIC_BODY = [
  /(?:街道|居委会|村委会|镇政府|区政府|市政府|县政府|人民政府|办事处|政务|公安|派出所|交警|税务|[医社]保|人社|公积金|卫健委?|疾控|发改委|住建委|国资委)(?:局|中心|服务|服务中心)?$/,
  new RegExp(`^国家.*局$|总局$|(?:${BUREAU})局$`),
  /社区(?:居民委员会|党群|党委|党支部|服务|服务中心|党群服务中心|卫生服务中心)$/,
  /(?:[省市区县镇乡]|街道)\p{Script=Han}{1,6}社区$/u,
]

/** Whether a message is signed with the name of a public body, as such names are filed. */
export function isPublicBody({ signature }: AnalysedMessage): boolean {
  return signature !== undefined && PUBLIC_BODY.some((name) => name.test(signature.name))
}
