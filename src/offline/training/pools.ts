/** Words for the slots of templates: invented, or widely known names. Lists are separated by spaces. */
const list = (words: string): readonly string[] => words.trim().split(/\s+/)

export const SURNAMES =
  list(`王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹
彭 曾 肖 田 董 袁 潘 于 蒋 蔡 余 杜 叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭 陆 汪 范 金 石 廖 贾 夏 韦 付 方 白 邹 孟 熊 秦
邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 黎 贺 顾 毛 郝 龚 邵 万 钱 严 覃 武 戴 莫 孔 向 汤 欧阳 司马`)
export const GIVEN =
  list(`伟 芳 娜 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 建国 建华 志强 文 斌
宇 浩 凯 婷 雪 慧 玉兰 鑫 波 辉 红梅 晓东 海燕 国庆 春梅 子轩 梓涵 一诺 雨桐 思远 佳怡 欣怡 嘉豪 俊杰 诗涵 浩然 美玲 志明 家辉
永福 小红 立新 学文 丹 萍 健 鹏 飞 云 峰 琳 颖 蕾 洁 莉 燕 倩 博文 泽宇 天佑`)
export const ENGLISH_NAMES =
  list(`James Mary John Linda Mike Sarah David Emma Tom Lisa Kevin Amy Raj Priya Ahmed Fatima Juan
Maria Wei Mei Daniel Grace Peter Anna Chris Olivia Samuel Joy Kofi Ade`)
export const NICKS =
  list(`小明 阿强 老张 豆豆 大宝 小雨 胖子 阿杰 囡囡 球球 花花 二哥 三姐 老表 毛毛 阿May Kiki 小鹿 乐乐 老班
晴天 大圣 糖糖 石头 阿华 妞妞 小林子 飞哥 静静 丫丫`)
export const CITIES =
  list(`北京 上海 广州 深圳 杭州 南京 苏州 成都 重庆 武汉 西安 天津 青岛 郑州 长沙 沈阳 宁波 昆明 大连 厦门 合肥
佛山 福州 哈尔滨 济南 温州 长春 石家庄 常州 泉州 南宁 贵阳 南昌 太原 烟台 嘉兴 南通 金华 珠海 惠州 徐州 海口 乌鲁木齐 绍兴 中山 台州 兰州
潍坊 保定 洛阳 扬州 桂林 三亚 临沂 赣州 呼和浩特 湛江 邯郸 银川 西宁 绵阳 襄阳 芜湖 岳阳 株洲 九江 咸阳 遵义 柳州 香港 澳门 台北`)
export const DISTRICTS =
  list(`朝阳 海淀 浦东 徐汇 天河 越秀 南山 福田 罗湖 龙岗 西湖 余杭 滨江 武侯 锦江 渝北 江北 洪山 江汉 雁塔
鼓楼 玄武 姑苏 吴中 和平 南开 市南 李沧 金水 二七 岳麓 雨花 铁西 鄞州 海曙 官渡 甘井子 思明 湖里 包河 蜀山 顺德 禅城 历下 旺角 沙田
荃湾 铜锣湾 板桥 新庄 城关 高新 经开 老城 新城 滨湖 东湖 北碚 临平 萧山 昌平 通州 大兴`)
export const ROADS =
  list(`人民 中山 解放 建设 和平 新华 长江 黄河 文化 胜利 东风 光明 迎宾 学府 滨河 朝阳 金融 科技 友谊 青年 健康 花园
育才 振兴 环城 北京 南京 上海 幸福 团结 体育 湖滨 世纪 凤凰 龙腾`)
export const PLACES =
  list(`万达广场 步行街 国贸大厦 银泰城 大润发 火车站 汽车站 新世界百货 建材市场 家乐福 时代广场 中心医院 体育馆 会展中心
红星美凯龙 农贸市场 客运中心 科技园 万象城 吾悦广场`)
export const SHOP_NAMES =
  list(`鑫源 宏达 美佳 百姓 好运来 老地方 金色年华 丽人 天天 福满楼 喜洋洋 大拇指 阳光 小螺号 家家乐 新天地 蓝月亮
幸福里 聚友 悦来 佳美 红太阳 千里香 吉祥 万客隆 童梦 花语 木子 青禾 三味 阿婆 小城 宜家美 名门 尚品 雅致 康乐 益民 兴隆 顺发 同福 春天
左岸 星空 海之韵 皇家 东方 蓝天 金鼎 天使 优优 橙子`)
export const SHOP_KINDS =
  list(`超市 家纺 服饰 鞋城 眼镜 珠宝 家具 建材 火锅 烧烤 酒楼 饭店 美容 美发 瑜伽 健身 宠物 花店 药房 母婴 童装 蛋糕
奶茶 数码 手机 家电 汽修 茶叶 书店 培训 影楼 口腔 窗帘 灯饰 便利店 KTV 足浴 民宿`)
export const COMPANY_NAMES =
  list(`恒信 中盛 华泰 金诺 博远 瑞丰 天成 联创 百川 正和 宏图 嘉禾 启明 汇通 众诚 鼎盛 新锐 远大 国泰 智联 优加 云帆
领航 信达 安泰 中科 海纳 同创 万通 盛世 卓越 方圆 泰康源 立邦达 金桥 汉唐`)
export const COMPANY_KINDS = list(
  `科技 商贸 投资 网络 信息 咨询 文化传媒 物流 实业 电子 装饰 财务 教育 人力资源 供应链 贸易 金融服务 生物 置业`,
)
export const BANKS =
  list(`工商银行 农业银行 中国银行 建设银行 交通银行 邮储银行 招商银行 浦发银行 中信银行 光大银行 华夏银行 民生银行 广发银行
平安银行 兴业银行 浙商银行 渤海银行 北京银行 上海银行 江苏银行 南京银行 宁波银行 杭州银行 徽商银行 农商银行 农村信用社 微众银行 网商银行
工行 农行 中行 建行 交行 招行 浦发 中信 兴业 长沙银行 成都银行 青岛银行 恒丰银行 汇丰银行 渣打银行 恒生银行`)
export const CARRIERS = list(
  `中国移动 中国联通 中国电信 移动 联通 电信 中国广电 北京移动 广东移动 浙江电信 江苏联通 上海电信 四川移动`,
)
export const COURIERS =
  list(`顺丰 顺丰速运 中通 中通快递 圆通 圆通速递 申通 申通快递 韵达 韵达快递 百世快递 极兔速递 京东快递 京东物流 邮政 EMS
德邦 德邦快递 菜鸟 丰网 天天快递 宅急送 丹鸟`)
export const PLATFORMS =
  list(`淘宝 天猫 京东 拼多多 抖音 快手 唯品会 苏宁易购 当当 1号店 国美 小红书 得物 美团 饿了么 大众点评 携程 去哪儿 同程
闲鱼 支付宝 微信支付 考拉海购 聚美优品 蘑菇街 盒马 叮咚买菜 网易严选 滴滴 哔哩哔哩 百度 爱奇艺 腾讯视频 优酷 58同城 转转 飞猪 知乎 亚马逊`)
export const INSURERS =
  list(`中国人寿 平安保险 太平洋保险 新华保险 泰康人寿 人保财险 中国人保 太平人寿 阳光保险 大地保险 中华保险 友邦保险
平安车险 众安保险 富德生命人寿 国寿财险 天安保险 华泰保险 安盛天平 太保`)
export const SCHOOL_KINDS = list(
  `小学 中学 实验小学 第一中学 第二中学 幼儿园 职业学院 大学 附中 外国语学校 师范学院 技校`,
)
export const HOSPITAL_KINDS = list(
  `人民医院 中心医院 妇幼保健院 中医院 第一医院 口腔医院 眼科医院 儿童医院 社区卫生服务中心 肿瘤医院 附属医院`,
)
export const GAMES =
  list(`传奇 热血江湖 王者荣耀 和平精英 原神 梦幻西游 大话西游 天龙八部 三国杀 阴阳师 问道 魔域 征途 神武 诛仙 斗罗大陆
部落冲突 剑网3 逆水寒 蛋仔派对 英雄联盟 穿越火线 地下城与勇士 奇迹 完美世界 倩女幽魂`)
export const PRODUCTS =
  list(`面膜 羽绒服 洗衣液 大米 牛奶 空调 冰箱 洗衣机 电视 手机 平板 耳机 跑步鞋 连衣裙 牛仔裤 保温杯 床垫 四件套 净水器
扫地机器人 精华液 口红 奶粉 纸尿裤 坚果 白酒 红酒 茶叶 月饼 粽子 大闸蟹 车厘子 猕猴桃 电动车 轮胎 机油 瓷砖 地板 沙发 橱柜 吊灯 跑车 SUV
iPhone 华为Mate60 小米手环 充电宝 笔记本 打印机 投影仪 按摩椅 电饭煲 空气炸锅 行车记录仪`)
export const STOCKS =
  list(`中国石油 贵州茅台 宁德时代 中信证券 比亚迪 万科A 格力电器 京东方 隆基绿能 东方财富 招商银行 三一重工 中国平安 紫金矿业
科大讯飞 海康威视 五粮液 包钢股份 中兴通讯 浪潮信息 赛力斯 长安汽车 通威股份 洛阳钼业`)
export const OFFICIAL_HOSTS =
  list(`jd.com taobao.com tmall.com 10086.cn 10010.com 189.cn icbc.com.cn ccb.com abchina.com boc.cn
bankcomm.com cmbchina.com spdb.com.cn citicbank.com cebbank.com cmbc.com.cn cib.com.cn pingan.com 95516.com alipay.com qq.com 12306.cn sf-express.com
meituan.com ele.me dianping.com ctrip.com vip.com suning.com dangdang.com pinduoduo.com xiaohongshu.com douyin.com bilibili.com 12123.com
gov.cn chsi.com.cn hsbc.com.hk airasia.com csair.com airchina.com.cn ceair.com mi.com huawei.com apple.com paypal.com amazon.com royalmail.com
singpost.com mcdonalds.com.cn kfc.com.cn lppz.com iqiyi.com youku.com zhihu.com 58.com zhaopin.com liepin.com netflix.com airtel.in`)
export const OFFICIAL_PREFIXES = list(`m. s. u. a. wap. h5. www. e. t. app. 3g. my. d. sms.`)
/** As used to train the shipped weights; the shorteners that detection knows are in src/text/shorteners.ts. */
export const SHORT_HOSTS = list(
  `t.cn dwz.cn url.cn bit.ly suo.im tinyurl.com t.cn c.tb.cn u.jd.com dpurl.cn m.tb.cn w.url.cn cutt.ly rb.gy`,
)
export const SMALL_SUFFIXES = list(`.com .cn .com.cn .net .cc .shop .co .com .cn`)
export const BAD_SUFFIXES =
  list(`.top .xyz .cc .vip .icu .club .com .cn .info .live .ltd .fun .site .online .me .pw .tk .win .bid .cyou .sbs
.shop .in .net .com .app .work .buzz .wang .life`)
export const BAD_WORDS =
  list(`10086 icbc ccb jd taobao alipay boc cmb unionpay apple icloud 12306 etc gov sf ems post bank card jf dh vip vx mall
login verify pay secure account id update track parcel refund tax yibao shebao dhl usps netflix hsbc tng hk info service help wap bonus bet win
game play hg yb ag bbin jinsha xpj vns qp yl dk dai kuai money rich`)
export const OPT_OUTS =
  list(`退订回T 回T退订 TD退订 回TD退订 退订回TD 回复TD退订 退订回N 回N退订 拒收请回复R 拒收回R 退订T 回T退 TD
Reply_STOP Reply_STOP_to_opt_out Text_STOP_to_end STOP退订 回0000退订 退订请回复TD 回QX退订`)
export const PLATES = list(`京 沪 粤 浙 苏 川 渝 鄂 陕 津 鲁 豫 湘 辽 云 闽 皖 冀 桂 赣 贵 晋 琼`)
export const AIRLINES = list(`CA MU CZ HU MF ZH 3U SC HO 9C FM KN CX`)
