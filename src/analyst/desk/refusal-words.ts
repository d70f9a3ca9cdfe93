import { codeText } from '../../detection/detectors/evidence-words.ts'
import type { Locale } from '../../detection/detectors/words.ts'

/**
 * The service's reasons for refusing feedback in Chinese, by their beginning in English, also as 0.3.0 worded them in rows of the
 * archive; `$1`: the codes named.
 */
const CHINESE: readonly (readonly [RegExp, string])[] = [
  [
    /^a message of this id is not known/,
    '未找到此编号的短信：没有未解除的状态涉及它，最近一天内也没有要求人工审核及以上处置的告警',
  ],
  [/^the message is too short to have a template/, '短信过短，无法形成模板：请豁免其发送方'],
  [/^no open state shows the message/, '没有未解除的状态涉及该短信，无可解除'],
  [/^it was alerted (?:only )?for (.+?)(?: alone)?$/, '其告警原因仅为 $1'],
  [/^a state of this id is not known/, '未找到此编号的状态：从未触发，或已结束超过一天'],
  [/^no state of this target is known/, '此对象没有已知状态：从未触发，或已结束超过一天'],
  [/^the state (?:is not a manual block|was not raised by hand)/, '该状态并非手工触发，请使用“解除”'],
  [/^the state is (?:only about|one of) (.+?)(?: alone)?$/, '该状态的原因仅为 $1'],
  [/^(\S+) (?:does not apply to a|speaks of no) /, '“$1”不针对此类对象'],
  [/^it was blocked again after this row was written/, '此反馈写入后，该对象又被手工拦截'],
  [/^(?:this target has no manual block|nothing is blocked by hand on this target)/, '此对象没有手工拦截'],
  [/^(?:manual blocks are not possible|nothing is blocked by hand) here/, '未启用手工拦截'],
  [
    /^(?:a \S+ cannot be blocked manually|nothing of the kind \S+ is blocked by hand)/,
    '此类对象不能手工拦截',
  ],
  [/^it is (?:not a|no) domain/, '不是域名：请勿包含 https:// 与路径，例如 jd-verify.top'],
  [
    /^the domain is that of a registered brand/,
    '该域名属于已报备品牌：请指明要拦截的文本类别，否则其验证码也会被拦截',
  ],
  [
    /^the port is filed for a registered signature/,
    '该端口号已为签名报备：请指明要拦截的文本类别，否则其验证码也会被拦截',
  ],
  [/^the signature is registered/, '该签名已报备：请指明要拦截的文本类别，否则其验证码也会被拦截'],
  [/^a sender is /, '发送方格式为：签名@端口号'],
  [/^no brand of the registry has this id/, '报备库中没有此编号的品牌'],
  [
    /^no alert of the last day is on a message of this id/,
    '最近一天内没有针对此编号短信的告警，或其文本过短，无法形成模板',
  ],
  [
    /^(?:no feedback|nothing) of this id or batch took effect before/,
    '此编号或批次此前未生效：从未提交、已被拒绝，或已结束超过一天',
  ],
  [
    /^(?:the end of a manual block|what ended a block by hand) cannot be undone/,
    '解除手工拦截的操作不能撤销，请重新拦截',
  ],
]

/** A refusal in the language of the desk. Reasons from a later version are returned unchanged. */
export function refusalIn(locale: Locale, why: string): string {
  if (locale === 'en') return why
  for (const [says, chinese] of CHINESE) {
    const [said, codes = ''] = says.exec(why) ?? []
    const named = codes.split(', ').map((code) => codeText(code, locale))
    if (said !== undefined) return chinese.replace('$1', named.join('、'))
  }
  return why
}
