/**
 * Public link shorteners: their links prove nothing about the sender either way. Short domains of one company (`3.cn`,
 * `dpurl.cn`) are not public shorteners; they are in the brand list.
 */
const SHORTENERS: ReadonlySet<string> = new Set(
  `t.cn url.cn w.url.cn dwz.cn dwz.win dwz.mk dwz.date dwz.lc suo.im suo.nz u6.gg 985.so rrd.me mrw.so sina.lt sourl.cn
  0x3.me 6du.in ft12.com urlc.cn hk.uy c7.gg kurl.cn xsurl.cn m6z.cn t.hk.uy tinyurl.com bit.ly bitly.com j.mp goo.gl is.gd
  v.gd ow.ly t.co buff.ly rebrand.ly cutt.ly shorturl.at shorturl.asia tiny.cc lnkd.in t.ly rb.gy s.id bl.ink short.io
  qr.ae reurl.cc lihi.cc lihi1.cc pse.is ppt.cc adf.ly tr.im x.co u.nu clck.ru shrtco.de soo.gd da.gd snip.ly dub.sh
  l.gg ssur.cc surl.li n9.cl`.split(/\s+/),
)

/** Whether the host is a shortener or a subdomain of one (`gpay.app.goo.gl`). */
export function isShortener(host: string): boolean {
  return isAtOrBelow(host, SHORTENERS)
}

/** Whether the host is one of `domains` or a subdomain of one. */
export function isAtOrBelow(host: string, domains: ReadonlySet<string>): boolean {
  for (let at = 0; at >= 0; ) {
    if (domains.has(at === 0 ? host : host.slice(at))) return true
    const dot = host.indexOf('.', at)
    at = dot < 0 ? -1 : dot + 1
  }
  return false
}
