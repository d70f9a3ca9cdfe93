import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractUrls } from '../../helpers/extract-urls.ts'

const hosts = (text: string) => extractUrls(text).map((u) => u.host)

describe('extractUrls', () => {
  it('reads links with scheme, port, path and query', () => {
    const text = '请点 https://Login.Example-Shop.com:8443/a/B?c=1#d。谢谢'
    const [url] = extractUrls(text)
    expect(url).toEqual({
      text: 'https://Login.Example-Shop.com:8443/a/B?c=1#d',
      span: { start: 3, end: 48 },
      host: 'login.example-shop.com',
      domain: 'example-shop.com',
      path: '/a/B?c=1#d',
      disguised: false,
    })
    expect(text.slice(url!.span.start, url!.span.end)).toBe(url!.text)
  })

  it.each([
    ['请登录www.abc.com领取', 'www.abc.com', 'abc.com'],
    ['戳 t.cn/A6xx', 't.cn', 't.cn'],
    ['3.cn/2abc', '3.cn', '3.cn'],
    ['上12.cn看', '12.cn', '12.cn'],
    ['shop.jd.com.cn', 'shop.jd.com.cn', 'jd.com.cn'],
    ['a.b.co.uk/x', 'a.b.co.uk', 'b.co.uk'],
    ['evil.github.io', 'evil.github.io', 'evil.github.io'],
    ['官网xyt.example 回N', 'xyt.example', 'xyt.example'],
    ['visit bit.ly/3x now', 'bit.ly', 'bit.ly'],
    ['lnkd.in/ab1', 'lnkd.in', 'lnkd.in'],
    ['http://23.45.67.89:8080/x', '23.45.67.89', '23.45.67.89'],
    ['登录 123.45.67.89 查看', '123.45.67.89', '123.45.67.89'],
    ['call0871.netcall.info', 'call0871.netcall.info', 'netcall.info'],
    ['(www.a-b.top)', 'www.a-b.top', 'a-b.top'],
  ])('%s holds %s', (text, host, domain) => {
    expect(extractUrls(text)).toMatchObject([{ host, domain, disguised: false }])
  })

  it.each([
    '【云帆】您的云主机(45.78.90.12)负载过高，请登录控制台处理',
    '实例（IP 45.78.90.12）因欠费已停机',
    '弹性公网IP：45.78.90.12 正被攻击，已进入清洗',
    '服务器45.78.90.12将于今晚23点重启',
    '您的账号在异地登录(45.78.90.12)，如非本人操作请修改密码',
    '拦截了来自45.78.90.12的请求',
    '异地登录IP：45.78.90.12，如非本人操作请改密',
  ])('an address that the text speaks of is no link: %s', (text) => {
    expect(hosts(text)).toEqual([])
  })

  it.each([
    '云主机续费(http://45.78.90.12/pay)',
    '服务器异常，请登录 45.78.90.12 处理',
    '登录IP：45.78.90.12:8080',
    '实例(45.78.90.12/verify)已锁定',
    '请点击下方地址(45.78.90.12)解冻',
    '退款网址（45.78.90.12）',
    '退款请登录服务器45.78.90.12',
    '请访问IP：45.78.90.12 领取',
  ])('an address to open is: %s', (text) => {
    expect(hosts(text)).toEqual(['45.78.90.12'])
  })

  it.each([
    ['ｈｔｔｐ：／／ｗｗｗ．ａｂｃ．ｃｏｍ／ｘ', 'www.abc.com'],
    ['hxxps://evil[.]com/p', 'evil.com'],
    ['abc(dot)com', 'abc.com'],
    ['abc dot com', 'abc.com'],
    ['abc . com', 'abc.com'],
    ['amz-ver .com', 'amz-ver.com'],
    ['abc.c o m', 'abc.com'],
    ['qgz-8。cc', 'qgz-8.cc'],
    ['dxm。test／j8', 'dxm.test'],
    ['jd-tk8 点 com', 'jd-tk8.com'],
    ['n-flx点invalid', 'n-flx.invalid'],
    ['etc点vip66点invalid', 'etc.vip66.invalid'],
    ['8 8 p j 点 test', '88pj.test'],
    ['yb\u200bj-sh.cn', 'ybj-sh.cn'],
    ['a-b·top', 'a-b.top'],
  ])('%s is disguised as %s', (text, host) => {
    expect(extractUrls(text)).toMatchObject([{ host, disguised: true }])
  })

  it('reads internationalised hosts and keeps what is looked like', () => {
    expect(extractUrls('例子.公司')).toMatchObject([
      { host: 'xn--fsqu00a.xn--55qx5d', unicodeHost: '例子.公司' },
    ])
    expect(extractUrls('请登录京东.com领取')).toMatchObject([{ unicodeHost: '京东.com' }])
    expect(extractUrls('http://中国移动.中国/a')).toMatchObject([
      { unicodeHost: '中国移动.中国', path: '/a' },
    ])
    expect(extractUrls('аррle.com')).toMatchObject([{ host: 'xn--le-6kc8da.com', unicodeHost: 'аррle.com' }])
    expect(extractUrls('xn--fiq228c.com')).toMatchObject([
      { host: 'xn--fiq228c.com', unicodeHost: '中文.com' },
    ])
  })

  it('is not led astray by what else has dots', () => {
    for (const text of [
      '余额3.14元，12.5折，2026.11.25 8.30 6.18大促',
      'v1.2.3.4 版本1.2.3.4 1.首先 2.其次',
      'e.g. i.e. a.m. p.m. U.S.A. Node.js readme.md main.py',
      'user.name@qq.com, me@example.com',
      'Thanks.me too ok.so what see you later.call me I am home.in a bit',
      'Paid. Click here. Pvt. Ltd. Is it? 150p/msg. CC: me',
      'Dr.Li and Mr.Wu, St.Louis, No.1',
      '打开APP点击领取，9点live直播，晚8点 me',
      '谢谢。ok。me too',
      '...... 。。。 ..a..',
      'https://localhost/x',
    ]) {
      expect(hosts(text), text).toEqual([])
    }
  })

  it('does not join an app with the host that is to be opened', () => {
    expect(hosts('打开APP点t.cn/abc')).toEqual(['t.cn'])
  })

  it('stops at the end of the path', () => {
    expect(extractUrls('看t.cn/abc，回T').map((u) => u.path)).toEqual(['/abc'])
    expect(extractUrls('(http://a.com/b). "http://a.com/c"').map((u) => u.path)).toEqual(['/b', '/c'])
  })

  it.each([
    ['抢购 s.abc-shop.com/3ch（退订回N）', '/3ch'],
    ['抢购 https://s.abc-shop.com/3ch(TD退订)', '/3ch'],
    ['见 https://a.com/wiki/A_(b)/c', '/wiki/A_(b)/c'],
  ])('takes no bracket behind a link for its path: %s', (text, path) => {
    const [url] = extractUrls(text)
    expect(url).toMatchObject({ path, disguised: false })
  })

  it('finds at most 10, none with an impossible host', () => {
    expect(hosts('a1.com '.repeat(30))).toHaveLength(10)
    expect(hosts(`http://${'a'.repeat(300)}.com`)).toEqual([])
    expect(hosts(`${'a1.'.repeat(100)}com`).every((h) => h.length <= 253)).toBe(true)
  })

  it('keeps spans inside the text and never throws', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.constantFrom(
        'a',
        '1',
        '.',
        '。',
        '点',
        ' ',
        'com',
        'cn',
        '://',
        'http',
        '/',
        '[.]',
        '@',
        '京',
        ':80',
        '\u200b',
        'dot',
        '-',
        '_',
        '😀',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        const text = parts.join('')
        let floor = 0
        for (const { span, text: written, host } of extractUrls(text)) {
          expect(span.start).toBeGreaterThanOrEqual(floor)
          expect(text.slice(span.start, span.end)).toBe(written)
          expect(host).toMatch(/^[!-~]+\.[!-~]+$/)
          floor = span.end
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is linear in texts made to be slow', () => {
    const began = performance.now()
    for (const part of [
      'a.',
      'a ',
      '点a',
      '京.',
      'http://',
      'a。',
      '[.]',
      '. ',
      'a-',
      'c o m ',
      'a.b/',
      '1.1.1.1 ',
    ]) {
      extractUrls(part.repeat(15_000))
    }
    expect(performance.now() - began).toBeLessThan(4000)
  })
})

describe('extractUrls where a text says what stands for the dot', () => {
  it.each([
    ['登录 ccb-vip,com 逗号改点', 'ccb-vip.com'],
    ['请访问 jd-bt，cn（把逗号换成点）', 'jd-bt.cn'],
    ['复制 yd-jf , vip 到浏览器 逗号换成点', 'yd-jf.vip'],
    ['ccb-cs,top/x7 请将逗号改为点', 'ccb-cs.top'],
    ['网址 hxb-wap com 中间加点', 'hxb-wap.com'],
    ['cmb-sec com 自行加点', 'cmb-sec.com'],
    ['手动输入 nhsa-yb com （空格改点）', 'nhsa-yb.com'],
    ['gjj-tq*com 把*换成点', 'gjj-tq.com'],
    ['登录 sbk-rz#top（#改为.）', 'sbk-rz.top'],
    ['打开 icbc-rz;top “;”替换成点', 'icbc-rz.top'],
    ['sf-kd com 空格换点再打开', 'sf-kd.com'],
    ['复制 ems-cx!vip 感叹号换成小点，访问', 'ems-cx.vip'],
    ['逗号和空格换成点：abc-pay com', 'abc-pay.com'],
  ])('%s', (text, host) => {
    expect(extractUrls(text)).toMatchObject([{ host, disguised: true }])
  })

  it.each([
    '登录 ccb-vip,com 查看',
    'cmb-sec com 查看',
    '请在苹果,安卓商店下载',
    '支持iOS,com组件已更新',
    'Hello,me too',
    'ok,me neither',
    '用 excel,vip 客户名单发你',
    '买了牛奶,top 1 的那款',
    '今天先这样,cc小王',
    '系统 v2,com 已升级',
    'a,b,c,d 四个选项选 b',
    '标题里的逗号改点号，其余不动',
    '两句中间加点内容，别太空',
    '金额写法：逗号改点，例如1,234改1.234',
    '报表小数点后面加点说明',
    '会员 vip com 课程',
    '咖啡自己加点糖, me too',
    '菜谱：最后自行加点盐, top 的味道',
    '【小米】电池,已换。xiaomi vip 用户免费贴膜',
    '【华为】您的mate60屏幕,已换。mate60 pro 配件同享保修',
    '天冷,换点厚衣服,team vip 群见',
    '地址,已改。新地址 lucky top 大厦',
    '记得中间加点水,然后 hello,top',
    '屏幕,可换。iphone pro 用户到店',
    '【顺丰】收件时间,已改。sf vip 客户优先派送',
    '航班,已变。mu top 会员请重新选座',
    '密码,请改。office pro 版到期',
    '合同里逗号换成点号，lucky top 项目照旧',
    '表格逗号改点，发到 sales team 的邮箱',
    '后面加点辣，hello kitty top 店见',
    '先把,这件事换成点外卖,kfc top 套餐',
    '手动打点滴,下午去医院 a1 vip 病房',
    '空格,换个位置。galaxy pro 键盘到货',
    '将#1机组换成点火模式 alpha top',
  ])('none: %s', (text) => {
    expect(extractUrls(text)).toEqual([])
  })
})
