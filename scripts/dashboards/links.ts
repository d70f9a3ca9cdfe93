import { type Language, type Link, say, type Words } from './spec.ts'

/** Names of the dashboards that a value leads to, as the menu of links says them. */
const LED_TO: Readonly<Record<string, Words>> = {
  sender: ['The sender', '该签名'],
  cases: ['The cases', '案件'],
}
const CASE: Words = ['The case at the desk', '在工作台查看案件']
const SEARCH: Words = ['Search at the desk', '在工作台查找']

export function uidOf(name: string, language: Language): string {
  return language === 'en' ? `sigwatch-${name}` : `sigwatch-${name}-zh`
}

export function titleOf(link: Link, language: Language): string {
  if ('to' in link) return say(LED_TO[link.to]!, language)
  return say(link.desk === 'case' ? CASE : SEARCH, language)
}

const value = (field: string) => `\${__data.fields.${field}:percentencode}`

/** The address of a data link, with what Grafana fills in: the row's values, the time and the desk. */
export function hrefOf(link: Link, language: Language): string {
  if ('to' in link) {
    const variables = Object.entries(link.fields).map(([name, field]) => `var-${name}=${value(field)}`)
    const kept = [`var-archive=\${archive}`, `var-desk=\${desk:percentencode}`, `\${__url_time_range}`]
    return `/d/${uidOf(link.to, language)}?${[...variables, ...kept].join('&')}`
  }
  if (link.desk === 'case') return `\${desk:raw}/case/${value(link.field)}`
  return `\${desk:raw}/?field=${link.by}&value=${value(link.field)}&from=\${__from}&to=\${__to}`
}
