import { addedWordsWords } from '../rules/patterns.generated.ts'
/** Words added to a brand's name in imitating signatures: offices and services that every brand has. */
export const NAME_WORDS: readonly string[] = addedWordsWords.nameWords.split(' ')

/**
 * Words added to a brand in imitating domains: refunds, service, login and the like, in English, pinyin and initials. Excludes
 * words of ordinary trade (`design`, `tools`).
 */
export const HOST_WORDS: ReadonlySet<string> = new Set(
  `refund refunds return service services support help helpdesk kefu kf kefus care vip svip app apps login signin logon
  account accounts acct user users member members id auth verify verified verification validate confirm update upgrade
  renew reactivate active activate unlock unfreeze safe safety secure security protect trust official online web wap www
  m mobile h5 cn com net org co china info notice alert alerts pay payment payments paid bill billing bank ebank cards card
  credit loan loans cash wallet money gift gifts bonus prize lucky lottery award reward rewards points point jf jifen duihuan
  dh tk tuikuan tf tuifei lp lipei pf peifu sh shouhou th tuihuo hd huodong quan youhui baozheng baozhengjin huiyuan hy dl
  denglu renzheng rz yz yanzheng sm shiming jihuo gx gengxin sj shengji jiesuo jiedong dj zx zhuxiao bt baitiao jt jintiao
  anquan aq gf guanfang gw guanwang zhongxin center centre track tracking parcel parcels package delivery deliver redeliver
  redelivery deliveries post express kd kuaidi wl wuliu ship shipping order orders dd dingdan claim claims compensate cert
  certs certificate cards form forms event events promo sale shop store mall buy act activity find findmy my icloud locked
  support365 sb ns sq shensu chaxun cx wz weizhang fk fakuan jn jiaona jiaofei jf888 lj lingqu lq qb xyk wy yh ud etc gov`.split(
    /\s+/,
  ),
)

/** Labels of official domains that are ordinary words, initials or numbers, also used by others in good faith. */
export const GENERIC_LABELS: ReadonlySet<string> = new Set(
  `vip mi ke ly ch trip live office outlook meta honor zoom lu so wo ele gf tk cs t wa court customs lottery apple booking
  post visa target best unity line discover oppo nike ikea ups lin sina sohu soul zhihu amap msn temu here express steam
  homeinns nia moe mca spp mps miit nhsa pbc cwl chsi cdc he bj sh gd js zj sc sd gz cq tj xj nm ln jl hl ah fj jx ha hb hn gx
  hi yn xz sn qh nx taopiaopiao okx dji nio byd lixiang yonghui freshippo meituan-static google github cloud tesla stripe chase wise grab uber target sky ee lyft hulu adobe yahoo norton klarna fidelity square discord zhaopin liepin taikang weibo
  admiral ally amount argos auto bell boost boots bowtie carousell chime circlek coles consumer cox crypto currys desjardins digi directline
  ecitic emirates everyday experian family familymart fortress gac gate gemini gov healthcare hebei henan hotlink hubei fujian shandong shanghai
  beijing imm investor interac intuit key ledger link linkt lowes max maxis medicare mega metro metromall mobile msn nowtv opensea
  originenergy plus police policy porter post primary progressive prudential railway regions revenue rogers safe secure service sky
  sofi southwest spectrum square squareup startrack state stats studentaid suncorp sunny tangerine tobacco token toll tollag transport
  twitch union united ubank vanguard wave wellcome women yodel you zara zuche family discover directv bunnings battle barclaycard
  muji consumer community credit energy express finance fresh gift global health home insurance life market media money network news
  office online pay payment phone prime pro rewards shop smart star store support team ticket tickets travel travelcard trust water world aa yy le gw sz hm vw m1 tm ca ny va bt au
  111 39 53 228 xyz mem mom mas ing cms ica`.split(/\s+/),
)
