// Written by `npm run docs` from chinese.yaml; do not edit.

export const evidenceWords = {
  asks: "要求",
  below: "低于 ",
  from: " 以上",
  is: "为 ",
  fields: {"allowed":"允许数量","after":"间隔","baselineSource":"基线来源","brand":"品牌","certainty":"综合置信度","claimed":"自称","claimedBy":"自称方式","claimedKind":"所冒充机构的类型","count":"数量","domains":"域名","found":"不属于该品牌的内容","hotlines":"客服电话","how":"相似方式","imitation":"仿冒写法","kind":"类型","label":"文本类别","limit":"上限","messages":"短信数","neutral":"不影响判断的特征","official":"品牌官方信息","original":"原名","own":"品牌通知自有的链接与号码","port":"端口号","ports":"端口号","reason":"原因","recipients":"接收号码数","rules":"适用规则","score":"模型分值","shared":"共同点","signature":"签名","signatures":"签名","similarity":"相似度","threshold":"阈值","twin":"所仿照的品牌通知","value":"内容","window":"时间窗"},
  requests: {"app":"安装应用、共享屏幕或加入会议","payment":"转账或扫码付款","secret":"提供验证码、密码或卡号","scan":"扫码","reply":"回复","search":"复制口令或搜索","follow":"关注公众号、小程序或加群"},
  values: {"claimedBy":{"signature":"签名为品牌名称","lookalike":"签名仿冒品牌名称","speaker":"以品牌口吻行文","domain":"链接仿冒品牌域名","mention":"文中提及品牌"},"claimedKind":{"bank":"银行","court":"法院、检察院","police":"公安机关","tax":"税务机关","social-security":"社保、医保、公积金机构","school":"学校、考试机构","hospital":"医疗机构","airline":"航空公司","carrier":"电信运营商","mediation":"调解、仲裁机构","office":"公共机构","brand":"企业"},"how":{"glyph":"字形相近","sound":"读音相近","edit":"增减或替换字符","added-word":"添加字词","subdomain":"用作子域名","internationalised":"国际化域名","other-suffix":"更换后缀"},"kind":{"domain":"链接域名","shortener":"短链接","callback":"回拨号码或联系账号","request":"要求","port":"端口号","sender":"发送号码","signature":"签名","otp":"验证码短信","commercial":"商业短信"},"reason":{"unknown":"未报备","suspended":"已暂停","revoked":"已撤销","expired":"不在有效期","port":"端口号不符","carrier":"运营商不符","sp":"企业不符","none":"无同意记录","refused":"已拒绝","default":"仅默认勾选"},"baselineSource":{"hour-of-day":"同一时段","recent-hours":"最近几小时","trailing-hour":"最近一小时","none":"无"},"window":{"1m":"1 分钟","10m":"10 分钟","1h":"1 小时","climb":"缓慢爬升"},"shared":{"place":"指向同一号码、账号或域名"},"rules":{"copied-notice":"仿照品牌通知，却来自其他发送方并指向第三方","plain-impostor":"以真实通知不会采用的方式指向第三方","sure-text":"文本模型确信为诈骗","cheap-link-in-plain-fraud":"链接使用廉价后缀域名，文本模型与用词均指向诈骗","account-call-of-stranger":"要求就账户事宜拨打陌生号码","request-in-doubtful-text":"号码不在名单中，文本模型与用词均指向诈骗","stranger-in-doubtful-text":"指向第三方，且文本不能排除诈骗","imitated-domain":"链接仿冒品牌域名，用词亦相符","unverified-brand":"该品牌的信息尚未核实","person-names-brand":"个人在交谈中提及品牌","person-quotes-message":"个人转述收到的短信","leads-nowhere":"未留任何联系方式","number-of-unknown":"来历不明的发送方留有固定号码，不足为证","own-port":"来自品牌自有端口号","own-site":"指向品牌官方网站，未指向第三方","known-links":"链接属于品牌，代理商亦从其他端口号发送","mobile-names-brand":"快递员或店员以手机号码发送，并留有另一号码","courier-names-brand":"快递员或代办人提及品牌，未留其他联系方式","clerk-to-be-added":"品牌员工请对方添加发送号码","claim-is-settled":"办理理赔须询问收款方式","named-with-foreign-link":"签名为品牌名称，链接却指向他处","speaker-with-foreign-link":"明确自称品牌，链接却指向他处","named-from-foreign-port":"签名为品牌名称，却来自未为其报备的端口号","stranger-to-be-called":"未登记的发送方自称品牌，要求就账户事宜来电","notice-of-stranger":"仿照品牌通知，行文再逼真也属冒充","sure-fraud-of-anyone":"确信为诈骗，来自任何人都可使用的号码，或提出快递与商家不会提出的要求","lure-of-anyone":"很可能为诈骗的利诱，来自任何人都可使用的号码","illicit-offer":"赌博、毒品或非法催收信息，未自称品牌","lure-of-unknown":"许以利益，且发送方未登记","fraud-of-person":"冒充亲友或雇主，起初不留链接"}},
  groups: {"text":"文本模型判为诈骗或违法内容的把握","wording":"用词与仿冒短信的相似度"},
  signs: {"claim:signature":"签名为品牌名称","claim:imitation":"签名仿冒品牌名称","claim:speaker":"文本明显以品牌口吻行文","claim:faint-speaker":"文本疑似以品牌口吻行文","claim:domain":"链接仿冒文中所提品牌的域名","claim:mention":"文本提及该品牌","claim:none":"未自称任何已登记品牌","sender:own":"来自该品牌的端口号或号码","sender:filed":"来自为其签名报备的端口号","sender:official":"来自另一已登记品牌或机构的官方号码","sender:foreign-port":"来自未为该品牌报备的端口号","sender:port":"来自端口号，该品牌没有报备端口号","sender:mobile":"来自手机号码","sender:landline":"来自固定电话","sender:overseas":"来自境外号码","sender:unknown":"发送方不详","signed:other":"署名为另一名称","signed:anybody":"以企业形式署名，却来自任何人都可使用的号码","signed:public-body":"由公共机构署名，且来自为其报备的端口号","link:own":"链接指向该品牌","link:official":"链接指向另一已登记品牌或机构","link:neutral":"链接为公共短链接","link:foreign":"链接指向任何人都可注册的域名","link:cheap":"以品牌口吻行文，链接使用廉价后缀域名","link:cheap-stranger":"未以品牌口吻行文，链接使用廉价后缀域名","link:imitates":"链接仿冒官方域名","link:disguised":"链接经过伪装或为网络地址","contact:official":"留有官方号码","contact:mobile":"留有手机号码","contact:landline":"留有固定电话或其他服务号码","contact:overseas":"留有境外号码","contact:handle":"留有聊天账号","contact:spaced":"号码或账号的字符被拆开","contact:account":"要求就账户事宜拨打非官方号码","contact:account-stranger":"要求就账户事宜拨打非官方号码，且发送方并非该品牌","leads:nowhere":"没有非官方的链接、号码或账号，除回复外没有任何要求","words:lure":"提及退款、奖品等诱饵","words:pressure":"施加压力","words:errand":"提及正当事由","words:warning":"提醒防骗","words:trade":"提及招聘、店铺或商品","words:opt-out":"给出退订方式","words:disguised":"字符经过伪装","words:one-time-password":"为一次性验证码","text:personal":"文本模型判为个人来往短信","text:advertises":"文本模型判为广告"},
} as const

export const citationWords = {
  laws: {"MIIT-31":{"en":"Provisions on the Administration of Short Message Services (通信短信息服务管理规定), Order No. 31 of the Ministry of Industry and Information Technology, in force since 30 June 2015","zh-CN":"《通信短信息服务管理规定》（工业和信息化部令第31号）"},"Advertising Law":{"en":"Advertising Law of the People's Republic of China (中华人民共和国广告法), as revised in 2015","zh-CN":"《中华人民共和国广告法》"},"Anti-Fraud Law":{"en":"Law of the People's Republic of China against Telecom and Online Fraud (中华人民共和国反电信网络诈骗法), in force since 1 December 2022","zh-CN":"《中华人民共和国反电信网络诈骗法》"}},
  digits: "〇一二三四五六七八九",
  ten: "十",
  article: "第{n}条",
} as const

export const marketingBurstWords = {
  windows: {"1m":"1 分钟","10m":"10 分钟","1h":"1 小时"},
} as const

export const modelCheckWords = {
  plain: [["notice","【顺丰速运】您的快件已由前台代收，请凭取件码到丰巢柜领取，如有疑问请致电快递员。"],["notice","【招商银行】您账户尾号8021的储蓄卡于11月8日收到工资入账人民币8200.00元。"],["notice","【京东】验证码482913，您正在登录，5分钟内有效，请勿告诉他人。"],["personal","妈，我今晚加班，晚点回家吃饭，你们先吃不用等我"],["personal","老地方见，我到了给你打电话"],["marketing","【天猫】双11狂欢开启，全场5折起，满300减50，速抢！拒收请回复R"],["marketing","【优衣库】会员专享，新品上市限时8折优惠，戳链接领券，退订回T"],["finance","【某某贷款】凭身份证即可申请，最高30万额度，当天放款，利息低，退订回T"],["fraud","您的银行卡已被冻结，请立即登录 http://icbc-safe.top 核实身份信息，否则账户将被注销"],["fraud","您的ETC已失效，请尽快点击 http://etc-renz.cc 重新认证，逾期将停用"],["illicit","澳门赌场上线，真人百家乐，首充送888，注册就送彩金，网址 www.vns9988.com"]],
} as const

export const forgedBrandWords = {
  unnamed: {"office":"冒充公共机构","brand":"冒充企业"},
  requests: {"app":"要求安装应用、共享屏幕或加入会议","payment":"要求向账户或收款码付款","secret":"要求提供验证码、密码或卡号","scan":"要求扫码","reply":"要求回复","search":"要求复制或搜索","follow":"要求关注账号、小程序或入群"},
} as const
