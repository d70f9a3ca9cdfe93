/**
 * What spammers write instead of what they mean: the hand-kept half of the folding tables (the other half, traditional
 * forms and sound neighbours, is generated from it by scripts/build-fold-table.ts; docs/folding.md lists both).
 * Every table is a string of entries separated by white space.
 */

/**
 * Words worth disguising. Inside them, and only there, a character may be replaced by a neighbour in sound or shape, by
 * its components, or by its pinyin, and the whole still folds to the word. `!`: too near to ordinary words for neighbours
 * that ordinary text uses; only unusual characters, components and pinyin count.
 */
export const WORDS = `
贷款 网贷! 信贷! 车贷! 房贷! 小贷! 借贷! 快贷! 私贷! 放贷! 贷前 信用贷 抵押贷 企业贷 公积金贷 薪水贷 贷款额度
借款 放款 下款 还款! 打款! 汇款 取款! 存款 欠款 转款! 罚款 备用金 借呗 花呗 信用卡 银行卡 办卡 开卡 下卡 刷卡 储蓄卡 复制卡 电话卡 手机卡
额度 提额 大额 小额 套现 取现 提现 变现 秒批 秒到 秒审 秒下 审核 审批 批款 面签 免抵押 无抵押 抵押 质押 担保 免担保 无担保 按揭 二押
利息 利率 低息 免息 贴息 月息 年化 日息 分期 首付 首期 手续费 公证费 保证金 押金 佣金 本金! 入金! 出金! 现金! 垫资 过桥 周转! 资金 融资 配资 资质
征信 黑户 白户 逾期 负债 债务 催收 上岸! 欠钱 还钱 赚钱 挣钱 借钱 洗钱 要钱! 打钱! 有钱! 日赚 日入 日结
银行 工行 农行 建行 中行 招行 交行 农业银行 工商银行 建设银行 招商银行 银监会 银联
微信 加微信 微信号 支付宝 企业微信 公众号 二维码 扫码 加群 进群 入群 拉群 客服 联系! 咨询 热线 电话! 短信 来电!
发票 开票 代开 代开发票 税票 增值税 普票 专票 税点 点数! 抵扣 税务 退税 退款! 退费 保税 做账 走账
办证 刻章 文凭 学历 证件! 毕业证 身份证 驾驶证 驾照 学位证 资格证 健康证 证书! 学信网 包过! 替考 答案 考试! 挂靠 提升!
棋牌 博彩 彩金 彩票 六合彩 时时彩 双色球 赌博 赌场 下注 投注 押注 百家乐 真人! 荷官! 龙虎斗 首充 首存 充值 返水! 反水! 娱乐 娱乐城 澳门 葡京 体育! 盘口 牛牛! 中奖 领奖 兑奖 一等奖 二等奖 三等奖 特等奖 奖品! 奖金 抽奖! 恭喜
投资 理财 股票 牛股 荐股 炒股 涨停 涨停板 期货! 外汇 杠杆 收益 翻倍 保本 稳赚 稳定 高收益 内幕 操盘 带单 合约 币安 欧易 跑分 代付 代收
上门 按摩 上门服务 特殊服务 全套! 学生妹 美女 小姐! 少妇 技师 会所 陪聊 约炮 包夜 裸聊 酒店 推油 援交 嫩模 外围! 快餐!
枪支 气枪 弹药 迷药 春药 窃听 监听 偷拍 定位! 跟踪 开房 拦截 复制 侦探 私家侦探 调查 取证 聊天记录 通话 通话记录 轰炸
账户 账号 帐户 密码 验证码 动态码 校验码 冻结 解冻 异常 停用 注销 失效 过期 认证! 验证! 实名 激活 更新! 升级! 登录 点击 链接 积分 会员! 兑换 领取 补贴 医保 社保 医保卡 社保卡 缴费 扣款 风险 核实 涉嫌 洗黑钱 公安 公安局 法院 检察院 通缉 传票 警察 警官 安全账户 转账 到账 打扰! 汇入 卡号 退订 已被! 下载 安装 浏览器
刷单 兼职 刷信誉 垫付 返利 返现 返佣 红包 免费 赠送! 优惠! 折扣 正规! 正品 高仿 代理! 加盟! 招聘 诚收 诚信! 求购 出售 收购 实力! 通道! 车主! 业务! 办理! 套餐 快递 理赔 赔偿 包裹 破损 安全! 保密! 私密! 详情! 全国! 房产 房子! 房屋 方便! 快捷 直批 专员! 经理! 老师! 消除! 消除记录 追逃 取消! 体检! 上网! 配合! 自动! 作废 备注! 资料!
`

/**
 * Curated neighbours in sound and shape, `character:neighbours`. Inside a word of WORDS any number of characters may be
 * replaced by these (generated sound neighbours: one).
 */
export const NEIGHBOURS = `
贷:岱袋黛代怠玳贳贳 款:宽欵窾 借:藉 额:鹅俄峨颔 度:渡镀 卡:咔佧鉲胩咖 信:伩訫杺鈊芯伈 用:佣 银:垠龈 行:荇珩 钱:浅前箝 息:西熄兮媳 利:俐莉鬁 率:律
微:徽薇嶶溦巍葳維威 支:吱枝 付:附苻怤 宝:寳堡苞 企:契 扫:埽 码:玛蚂犸 群:裙 联:连莲 系:係糸
发:法伐髪珐 票:缥嫖漂嘌飘螵瞟僄薸 开:幵凱 代:岱玳 办:瓣 证:正 章:彰璋 凭:平 学:斈 历:厉曆
棋:旗琪 牌:排脾 博:搏帛铂膊 彩:采菜睬踩 金:今釒 充:冲铳 值:直 赌:堵睹 注:住柱 投:偷头 百:佰栢白 家:伽 乐:楽泺樂 真:嫃 荷:何 首:守 存:荐 娱:鱼愚虞 澳:奥懊 门:们扪 葡:匍 京:亰 奖:桨蒋 中:仲狆 领:芠岭 恭:公 喜:禧
投:頭 资:姿咨资孜 理:里俚 财:材 股:骨古 票:嘌 牛:扭 荐:建 涨:胀 停:仃亭 期:其 货:貨获 益:溢 保:宝堡 本:夲 稳:隐 赚:撰
模:膜 摩:磨魔 按:安 小:尐晓 姐:组 妹:昧 美:镁 女:汝 技:伎妓 师:狮 服:伏 务:雾 酒:洒九 店:甸 会:烩 所:锁
枪:抢 药:葯 听:厅 定:腚 位:住 房:芳仿 复:覆 制:製 查:査 侦:贞 探:炭
账:帐胀 帐:胀 户:沪 号:呺 密:蜜 验:俭险殓 冻:栋拣陈 结:洁桔 异:導 常:裳 认:任 激:缴 活:话 登:瞪 录:路陆 点:奌 击:几 链:炼 接:按 积:绩 分:芬汾 员:圆 兑:対 换:涣 取:娶 医:衣 社:杜 保:俣 缴:激 费:废 扣:抠 险:硷 核:该 嫌:嫌 公:㓛 安:桉 法:珐 院:浣 转:专砖 到:菿箌 打:咑 扰:绕 汇:彙 退:煺 订:钉 载:栽 装:裝 览:揽
刷:唰 单:丹 兼:蒹 职:织 返:反 红:洪 包:苞 免:兔 费:沸 优:尤忧 惠:慧 规:归 仿:彷 诚:成 收:収 购:够 车:車 业:邺 递:弟 赔:陪培 理:哩 损:捐 全:荃 产:铲 方:芳 便:变 快:筷 直:值 批:劈 专:砖 员:园 经:轻 老:姥 师:帅 记:纪 追:椎 逃:滔桃 心:芯 押:丫鸭 抵:低底扺 担:但坦 无:芜 审:申沈 核:合核 批:坯 提:堤 现:晛 套:淘 秒:妙 放:仿 还:環 欠:歉 上:尚 岸:按 逾:愈 债:责 催:摧 黑:嘿 白:柏 薪:新
`

/** Characters torn into components, `character=components`. */
export const SPLITS = `
信=亻言 行=彳亍 钱=钅戋 打=扌丁 证=讠正 贷=代贝 贷=亻弋贝 微=彳山攵 亿=亻乙 亿=亻乞 付=亻寸 他=亻也 代=亻弋 价=亻介 件=亻牛 任=亻壬 份=亻分 休=亻木 优=亻尤 伙=亻火 传=亻专 伴=亻半 位=亻立 低=亻氐 住=亻主 体=亻本 你=亻尔 作=亻乍 佣=亻用 佳=亻圭 使=亻吏 供=亻共 保=亻呆 修=亻攸 俩=亻两 借=亻昔 债=亻责 值=亻直 假=亻叚 做=亻故 偿=亻尝 停=亻亭 健=亻建 偷=亻俞 储=亻诸 催=亻崔
得=彳寻 待=彳寺 律=彳聿 征=彳正 往=彳主 德=彳惪
冻=冫东 冲=冫中 决=冫夬 况=冫兄 冷=冫令 净=冫争 准=冫隹 减=冫咸
汇=氵匚 汉=氵又 池=氵也 江=氵工 沟=氵勾 没=氵殳 河=氵可 油=氵由 注=氵主 法=氵去 泡=氵包 洁=氵吉 活=氵舌 洗=氵先 消=氵肖 海=氵每 清=氵青 港=氵巷 游=氵斿 渠=氵巨木 满=氵㒼 漂=氵票 演=氵寅 澳=氵奥 激=氵敫 涨=氵张 酒=氵酉 流=氵㐬 浙=氵折
扣=扌口 扫=扌彐 托=扌乇 执=扌丸 扰=扌尤 批=扌比 找=扌戈 技=扌支 把=扌巴 投=扌殳 抵=扌氐 抽=扌由 担=扌旦 押=扌甲 招=扌召 报=扌卩又 按=扌安 挂=扌圭 挣=扌争 换=扌奂 推=扌隹 接=扌妾 提=扌是 摩=麻手 拍=扌白 拉=扌立 拨=扌发 抢=扌仓 抓=扌爪 折=扌斤 护=扌户 操=扌喿 揭=扌曷 搏=扌尃 损=扌员
计=讠十 订=讠丁 认=讠人 让=讠上 训=讠川 议=讠义 讯=讠卂 记=讠己 许=讠午 论=讠仑 设=讠殳 访=讠方 评=讠平 识=讠只 诈=讠乍 词=讠司 试=讠式 诚=讠成 话=讠舌 询=讠旬 该=讠亥 详=讠羊 语=讠吾 误=讠吴 说=讠兑 请=讠青 课=讠果 谁=讠隹 调=讠周 谈=讠炎 谋=讠某 谢=讠射 谊=讠宜 警=敬言
针=钅十 钉=钅丁 钟=钅中 钢=钅冈 钻=钅占 铁=钅失 银=钅艮 铺=钅甫 销=钅肖 锁=钅肖 错=钅昔 镜=钅竟 铂=钅白
纠=纟丩 红=纟工 约=纟勺 级=纟及 纪=纟己 纳=纟内 纯=纟屯 纸=纟氏 组=纟且 细=纟田 终=纟冬 经=纟圣 结=纟吉 给=纟合 统=纟充 绩=纟责 继=纟米 线=纟戋 综=纟宗 缴=纟敫 绿=纟录
饭=饣反 饮=饣欠 饿=饣我 馆=饣官 馅=饣臽
礼=礻乚 社=礻土 祝=礻兄 神=礻申 福=礻畐 视=礻见 祥=礻羊
初=衤刀 补=衤卜 被=衤皮 裤=衤库 裙=衤君
快=忄夬 忙=忄亡 怕=忄白 性=忄生 情=忄青 惊=忄京 慢=忄曼 懂=忄董 恢=忄灰
利=禾刂 别=另刂 到=至刂 刷=尸巾刂 刻=亥刂 剩=乘刂 则=贝刂 刑=开刂 创=仓刂 副=畐刂 列=歹刂 刮=舌刂
部=咅阝 都=者阝 邮=由阝 郑=关阝 阳=阝日 防=阝方 阶=阝介 际=阝示 陆=阝击 院=阝完 险=阝佥 陪=阝咅 限=阝艮 降=阝夅 除=阝余 隐=阝急
花=艹化 英=艹央 荐=艹存 药=艹约 落=艹洛 获=艹犬 菜=艹采 葡=艹匍 萄=艹匋
猫=犭苗 狗=犭句 独=犭虫 狂=犭王
安=宀女 官=宀㠯 实=宀头 宝=宀玉 定=宀正 审=宀申 客=宀各 家=宀豕 密=宀必山 宾=宀兵 富=宀畐
疗=疒了 病=疒丙 症=疒正
过=辶寸 达=辶大 还=辶不 进=辶井 近=辶斤 返=辶反 连=辶车 迷=辶米 退=辶艮 送=辶关 选=辶先 通=辶甬 道=辶首 速=辶束 逾=辶俞 递=辶弟 追=辶𠂤 逃=辶兆 运=辶云 边=辶力
收=丩攵 放=方攵 政=正攵 效=交攵 教=孝攵 败=贝攵 数=娄攵
`

/** Components that are no characters of their own: where one stands, something was torn. */
export const COMPONENTS = '亻彳冫氵扌讠钅纟饣礻衤忄刂阝艹犭宀疒辶丩攵卩丬灬罒釒'

/** Split whose parts are characters in their own right: folded only inside a word of WORDS. */
export const LOOSE_SPLITS = `
群=君羊 码=石马 验=马佥 账=贝长 购=贝勾 财=贝才 赌=贝者 博=十尃 彩=采彡 枪=木仓 棋=木其 牌=片卑 娱=女吴 妹=女未 姐=女且 女=女 好=女子 领=令页 额=客页 股=月殳 胜=月生 税=禾兑 积=禾只 私=禾厶 秘=禾必 加=力口 双=又又 对=又寸 戏=又戈 欢=又欠 难=又隹 鸡=又鸟 时=日寸 期=其月 明=日月 店=广占 机=木几 权=木又 转=车专 软=车欠 赚=贝兼 赔=贝咅 贩=贝反 赠=贝曾 跑=足包 款=士示欠 息=自心 兑=丷口儿 功=工力 鲜=鱼羊 吸=口及 叫=口丬 号=口丂 员=口贝 如=女口 知=矢口 和=禾口 短=矢豆 驾=加马 骗=马扁 理=王里 现=王见 环=王不 球=王求 玩=王元 融=鬲虫 警=敬言 查=木日一 要=西女 章=立早 童=立里 站=立占
`

/** Characters that ordinary text does not use and that stand for another wherever they occur, `character:stand-ins`. */
export const GLYPHS = `
不:芣 心:吢杺鈊伈 的:菂旳扚 我:硪涐峩 你:伱沵茮 是:昰 了:孒 来:唻逨婡 到:菿箌 好:恏 要:崾 花:婲糀埖椛 生:玍泩苼 国:囯囻圀囶 小:尐仦 上:仩丄 下:丅芐 大:汏 中:狆妕 人:亾 年:姩哖秊 天:兲靝 关:関闗 钱:籛 行:垳 付:怤 打:咑 发:沷浌発 票:僄薸慓 微:嶶溦徾 信:伩訫 码:鰢 真:嫃 美:媄 子:孒孓 日:ㄖ 收:収 查:査 移:栘 京:亰 返:仮 卡:鉲 贷:貣 保:俕 安:侒 免:凂 话:咶 学:斈 点:奌 法:灋 宝:寳珤寶 时:旹 速:涑 卖:売 正:㱏 规:槼 优:沋 惠:僡 现:晛 事:亊 其:亓 成:荿 百:栢 联:聨 老:荖 网:蛧 多:夛 会:浍 力:仂 开:閞 出:岀 方:邡  高:髙 户:戸 真:眞 说:説 台:坮 对:対 气:気 图:図 转:転 单:単 广:広 实:実 变:変 应:応 权:権 经:経 总:総 药:薬 黑:黒 钱:銭 县:県 乐:楽 团:団 价:価
`

/** Same word, other spelling, as ordinary people write it: folded for the sake of the model, no evidence. `from=to` */
export const SPELLINGS = `
帐户=账户 帐号=账号 到帐=到账 转帐=转账 入帐=入账 出帐=出账 对帐=对账 记帐=记账 帐单=账单 结帐=结账 做帐=做账 走帐=走账 上帐=上账 进帐=进账 付帐=付账 帐款=账款 冲帐=冲账 销帐=销账 帐目=账目 网帐=网账
己到=已到 己被=已被 己经=已经 己失=已失 己冻=已冻 己满=已满 己过期=已过期 己发=已发 己入=已入 己审=已审 己通过=已通过 己成功=已成功 己开=已开 己下=已下 己停=已停 己为您=已为您 己获=已获 己于=已于 己签=已签 己收=已收 己逾=已逾 己生效=已生效
登陆=登录 退定=退订 联係=联系 连系=联系 身分证=身份证 定单=订单 定票=订票 定购=订购 象素=像素 zfb=支付宝 xyk=信用卡 扣扣=qq 企鹅号=qq号 q群=qq群 扣群=qq群
`

/** Disguises that no rule finds, `from=to`. A Latin letter or digit at either end must not continue a word. */
export const PHRASES = `
办正=办证 取肖=取消 体捡=体检 发漂=发票 办正件=办证件 刻指章=刻章 刻印章=刻章 做正=做证 制正=制证 假正=假证 包正=包证 网d=网贷 房d=房贷 车d=车贷 企业d=企业贷 信用d=信用贷 d款=贷款 信d=信贷 小额d=小额贷 微li贷=微粒贷 公积金d=公积金贷 dk=贷款 代款=贷款 货款额度=贷款额度 抵丫=抵押 免抵丫=免抵押 无抵丫=无抵押 f票=发票 fp票=发票 发p=发票 开p=开票 f飘=发票 增值票=增值税票 菠菜平台=博彩平台 菠菜网=博彩网 菠菜站=博彩站 菠菜推广=博彩推广 菠菜代理=博彩代理 搞菠菜=搞博彩 做菠菜=做博彩 bc平台=博彩平台 qp平台=棋牌平台 彩漂=彩票 存菜金=存彩金 领菜金=领彩金 财金=彩金 送菜金=送彩金 六和彩=六合彩 六合采=六合彩 lhc=六合彩 时时采=时时彩 百家l=百家乐 白家乐=百家乐 佰家乐=百家乐 佰嘉乐=百家乐 葡亰=葡京 新匍京=新葡京 噢门=澳门 奥门=澳门 娱泺=娱乐 娱楽=娱乐 鱼乐城=娱乐城 首冲=首充 冲值=充值 冲100送=充100送 反水=返水 真人荷管=真人荷官 股piao=股票 币桉=币安 欧意=欧易 欧亿=欧易 跑汾=跑分 pao分=跑分 四件tao=四件套 4件套=四件套 sim咔=sim卡 电话咔=电话卡 信用咔=信用卡 银行咔=银行卡 上门fw=上门服务 特殊fw=特殊服务 安摩=按摩 按魔=按摩 学生mei=学生妹 妹zi=妹子 美nv=美女 约pao=约炮 yp=约炮 酒甸=酒店 酒dian=酒店 包ye=包夜 开芳=开房 开fang=开房 听通花=听通话 通花记录=通话记录 zhen探=侦探 侦tan=侦探 公an=公安 派chu所=派出所 追滔=追逃 冻洁=冻结 栋结=冻结 解栋=解冻 注xiao=注销 验zheng码=验证码 验证m=验证码 yzm=验证码 审合=审核 栽视频=载视频 下栽=下载 游览器=浏览器 退税kuan=退税款 中芯客服=中心客服 征信中芯=征信中心 利西=利息 鹅度=额度 提鹅=提额 大鹅=大额 嘀息=低息 秒p=秒批 下ka=下卡 办ka=办卡 养ka=养卡 取xian=取现 套xian=套现 懂der=懂的 裸dai=裸贷 高利dai=高利贷 包xiao=包小 私家zt=私家侦探 老shi=老师 bu掉=不掉 跑bu=跑不 钅戋庄=钱庄 回t退丁=回t退订
`

/** Names for WeChat and QQ that are words of their own: folded only before an id or after a verb of adding. `from=to` */
export const CONTACT_NAMES = `
微信=微信 qq=qq qq群=qq群
威信=微信 维信=微信 唯信=微信 围信=微信 薇信=微信 徽信=微信 魏信=微信 微心=微信 微芯=微信 薇芯=微信 徽芯=微信 微亻言=微信 徽亻言=微信 薇亻言=微信 威亻言=微信 微x=微信 薇x=微信 徽x=微信 v信=微信 vx=微信 wx=微信 v芯=微信 v❤=微信 v♥=微信 v♡=微信 微❤=微信 薇❤=微信 微♥=微信 薇♥=微信 徽♥=微信 徽❤=微信 卫星=微信 卫❤=微信 weixin=微信 wechat=微信 wei信=微信 微xin=微信 微=微信 薇=微信 徽=微信 威=微信 v=微信 维=微信 溦=微信 嶶=微信 绿泡泡=微信 绿色软件=微信 v号=微信号 微号=微信号 薇号=微信号 威号=微信号 徽号=微信号 vx号=微信号 wx号=微信号
扣扣=qq 叩叩=qq 抠抠=qq 球球=qq 秋秋=qq 企鹅=qq 蔻蔻=qq 口口=qq qiuqiu=qq kouk=qq kou=qq 扣=qq q=qq 扣裙=qq群 企鹅群=qq群 企鹅裙=qq群 q裙=qq群 qq裙=qq群 q君羊=qq群 裙=群 君羊=群 鹅裙=qq群 鹅群=qq群
飞机=telegram 纸飞机=telegram 电报=telegram tg=telegram telegram=telegram
`

/** CONTACT_NAMES that are ordinary words or letters: they need both a verb of adding and an id. */
export const EVERYDAY_NAMES =
  '威信 唯信 维信 围信 魏信 微心 卫星 绿泡泡 绿色软件 微 薇 徽 威 维 溦 嶶 v 扣扣 球球 秋秋 企鹅 口口 扣 q 裙 飞机 纸飞机 电报 叩叩 抠抠 鹅群 kou qiuqiu 微x'

/** CONTACT_NAMES that ordinary people write too: folded, not counted. */
export const SHORTHAND_NAMES =
  '微 v vx wx v信 v号 微号 vx号 wx号 weixin wechat 扣扣 扣 q tg telegram 电报 飞机 企鹅群 qq裙 微x'

/** Characters after which CONTACT_NAMES count. */
export const ADDING = '加添+➕✚╋搜找进入拉私聊问系'
/** Disguises of 加 before one of CONTACT_NAMES. */
export const ADDING_DISGUISED = '伽咖茄珈袈迦枷傢痂'
/** The same, but ends of ordinary words too (卖家微信): only at the beginning of a clause. */
export const ADDING_DISGUISED_FIRST = '家嘉佳'
/** What follows 微, 薇, … or v in words of their own. */
export const SHORT_NAME_STOPS =
  '信波博量型生软笑小创众粒店利热糖辣商不甜雨微乎观缩机电末晶服塑雕妙红程课分米调克酸弱认证站娅龙力严武夫胁士斯尼护持修生'

/** Latin words worth disguising with digits, signs and spaces (V0DAF0NE, acc0unt, f r e e). */
export const LATIN_WORDS = `
account accounts access alert amazon amount apple apply approved atm bank banking barclays bet bitcoin block blocked bonus card cash casino chase claim claimed click code confirm congratulations coupon credit crypto customer debit delivery deposit dhl discount ebay facebook fedex free fund funds gift gold google hmrc hsbc immediately info information instagram invest investment iphone join kindly limited link loan loans locked login lottery lucky microsoft mobile money mortgage netflix notice now offer office online order package paypal payment pension pharmacy porn post prize profit promo reward rewards royal sale santander secure security service sex sexy slots stop suspended tax telegram token urgent update usdt user usps verify verified viagra vip vodafone voucher wallet wechat whatsapp win winner within won your click pay pin password telegram refund unlock expired expire activate bill offer
`

/** Rare in the simplified standard, but everyday in Cantonese and Taiwanese writing, or in names: no disguise. */
export const EVERYDAY_RARE =
  '嘅喺嚟咗哋啲冇嗰嘢乜咁噉佢攞揾搵瞓唔喎啩啫嘥冚孖嬲掹揸脷慳氹叻睇咪咩啱嗌嗮晒畀俾冧攰餸咭埗涌嘜噃囖喲囉欸唷嚕囧咧嘞啵唻喆堃淼玥镕昇甯珺琇妤翊昕祐叡'

/** Ordinary words that look like a disguise, or overlap one: left as they are wherever they stand. */
export const EXCEPTIONS = `
小鹅 小饿 草鹅 休渔期 住房 住院 默认 咖啡 点几 银杏 中兴 大鳄 代表 牵扯 符合 揭幕 揭晓 柒牌 今日 经济师 手气 分歧 樱桃 卫衣 缴话费 西西 蔻驰 免座 蚂蚁 自己 知己 揭开 志愿 比较 辣椒 菜金 首俯 瞄到 返黎 一点 手续 真诚 代扣 待遇 带宽 首府 连接 宽带 期待 受益 紫金 读博 借据 代码 验收 扣除 返还 卡通 好评 通过 通知 手续 联系 关系 体系 系统 注册 注意 住址 注定 保证 证明 正确 正常 正式 付款 付费 付钱 退货 提货 交货 放心 放大 放学 放假 下课 下班 接收 接受 接口 连续 联合 联通 联网 员工 会议 会计 业主 物业 行业 企业 工业 毕业 开业 信心 中心 用心 放宽 现今 专款 小袋 小组 书包 皮包 包邮
`
