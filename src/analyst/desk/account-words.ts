/** Texts about the access log in English and Chinese. */
export const ACCESS = {
  whoLooked: ['Who looked at what', '查看与操作记录'],
  who: ['Who', '人员'],
  what: ['What', '操作'],
  of: ['Of', '对象'],
  login: ['login', '登录'],
  refused: ['refused', '登录被拒'],
  access: ['access', '查看访问记录'],
  address: ['Address', '地址'],
  letter: ['letter', '函件'],
  logout: ['logout', '退出'],
  denied: ['denied', '无权操作'],
  erase: ['erase', '清除个人数据'],
  number: ['number', '按号码检索'],
  mayNotAudit: [
    'You may not read the access log: it needs the right audit.',
    '您无权查看访问记录（需审计权限）。',
  ],
  mayNotNumber: [
    'You may not search by phone number: it needs the right number.',
    '您无权按号码检索（需号码权限）。',
  ],
  numberInFind: [
    'This is a phone number. Search for it with Find, as number:…; that needs the right number.',
    '这是手机号码，请在“检索”中以 number: 查找（需号码权限）。',
  ],
  noNumberKey: [
    'Numbers cannot be searched for: the desk has no privacy.tokenKey, which must be that of the service.',
    '无法按号码检索：工作台未配置 privacy.tokenKey（须与服务一致）。',
  ],
  tooManyNumbers: [
    'At most 30 searches by number a minute. Wait a moment.',
    '每分钟最多按号码检索 30 次，请稍候。',
  ],
  all: ['all', '全部'],
  erased: ['erased', '已清除'],
  feedback: ['feedback', '反馈'],
} as const

/** Texts about logins at a provider in English and Chinese. */
export const LOGIN = {
  logInAt: ['Log in at {host}', '通过 {host} 登录'],
  loggedOut: ['You are logged out of the desk.', '您已退出工作台。'],
  logOutThere: ['Log out of the login provider as well', '同时退出统一登录'],
  loginStale: [
    'This login was not begun here, or took too long. Begin again.',
    '此登录并非由本页发起或已超时，请重新登录。',
  ],
  loginRefused: ['The login was refused. Begin again.', '登录被拒绝，请重新登录。'],
  loginSilent: [
    'The login provider {host} does not answer. Try again later, or log in with a token.',
    '统一登录服务 {host} 无响应，请稍后重试或使用令牌登录。',
  ],
  loginNameless: [
    'Your account has no name that the desk can take: 1 to 64 letters, digits, spaces, dots, _ or -, and not the name of a token.',
    '您的账户名不可用：须为 1 至 64 个字母、数字、空格、点、下划线或连字符，且不得与令牌名称相同。',
  ],
  loginNoRight: [
    'Your account has no right at this desk. Its administrators give it.',
    '您的账户没有工作台权限，请联系管理员。',
  ],
} as const

/** Texts about letters and complaints in English and Chinese. */
export const LETTERS = {
  letters: ['Letters', '函件'],
  fileNumber: ['File number', '文号'],
  letterTo: ['To', '致'],
  addressee: ['Addressee', '收件人'],
  toSender: ['the sender', '发送方'],
  toRegulator: ['the regulator', '监管机构'],
  toSubscriber: ['the subscriber', '用户'],
  writeLetter: ['Write the letter', '生成函件'],
  letterWritten: ['The letter was written. It is in the list below.', '函件已生成，见下方列表。'],
  noLetter: ['There is no such letter, or it is not kept any more.', '没有此函件，或已不再保存。'],
  noSubscriber: [
    'Letters to a subscriber may only concern messages sent to that subscriber.',
    '仅可就用户本人的短信致函用户。',
  ],
  addresseeNumber: [
    'The addressee of a letter has no mobile number: letters are kept. Write it without.',
    '函件将存档，收件人中不得填写手机号码，请去掉后重试。',
  ],
  noPrinter: ['A PDF needs Chromium on the machine of the desk.', '生成 PDF 需要工作台所在主机安装浏览器。'],
  casePdf: ['The case as PDF', '导出案件 PDF'],
  openComplaints: ['Open', '办理中'],
  dueSoon: ['Due', '即将到期'],
  overdueNow: ['Overdue', '已逾期'],
  passedOn: ['Passed on', '已转交'],
  inTime: ['In time', '按期办结'],
  answeredLate: ['Late', '逾期办结'],
  runningDeadlines: ['Running', '办理中'],
  received: ['Received', '收到时间'],
  notReceived: ['unknown: counted from the complaint', '未知：自投诉时间起算'],
  sp: ['SP', '接入服务商'],
  deadline: ['Deadline (working days)', '时限（工作日）'],
  endsOn: ['Ends on', '截止日'],
  month: ['Month', '月份'],
  monthTable: ['Complaints of {month}', '{month} 投诉统计'],
  monthCsv: ['The table for the regulator (CSV)', '下载监管报表（CSV）'],
} as const
