/**
 * How a failure of the client is handled. `lost`: the group has reassigned the partitions. `refused`: the broker will
 * never accept one of the records. `fenced`: another producer has started with the same transactional id, or the
 * coordinator has ended a transaction that took too long. `login`: the login is refused. `permanent`: a person must fix
 * something first. `transient`: everything else.
 */
export type FailureKind = 'lost' | 'refused' | 'fenced' | 'login' | 'permanent' | 'transient'

const LOST = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
])
const REFUSED = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])
const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
const LOGIN = new Set(['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM'])
const PERMANENT = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
])
const LOGIN_NAMES = new Set(['KafkaJSSASLAuthenticationError', 'OauthRefused'])
const PERMANENT_NAMES = new Set(['KafkaJSNotImplemented'])

interface Link {
  readonly name: string
  readonly message: string
  readonly type: string | undefined
}

function causeOf(error: Error): unknown {
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error.cause
}

/** The error and its causes, outermost first. The client wraps the errors that it gives up on, some of them twice. */
function chain(error: unknown): Link[] {
  const links: Link[] = []
  for (let e = error; e instanceof Error && links.length < 8; e = causeOf(e)) {
    const type = 'type' in e && typeof e.type === 'string' ? e.type : undefined
    links.push({ name: e.name, message: e.message, type })
  }
  return links
}

export function typeOf(error: unknown): string | undefined {
  return chain(error).find(({ type }) => type !== undefined)?.type
}

/** The topics whose records a broker refused, or undefined if unknown. */
export function topicsOf(error: unknown): readonly string[] | undefined {
  const topics = error instanceof Error && 'topics' in error ? error.topics : undefined
  return Array.isArray(topics) && topics.length > 0 ? topics : undefined
}

export function failureKind(error: unknown): FailureKind {
  for (const { type, name } of chain(error)) {
    if (type !== undefined && LOST.has(type)) return 'lost'
    if (type !== undefined && REFUSED.has(type)) return 'refused'
    if (type !== undefined && FENCED.has(type)) return 'fenced'
    if ((type !== undefined && LOGIN.has(type)) || LOGIN_NAMES.has(name)) return 'login'
    if ((type !== undefined && PERMANENT.has(type)) || PERMANENT_NAMES.has(name)) return 'permanent'
  }
  return 'transient'
}

/** Whether a person must act before a retry can succeed. */
export function mustBeChanged(error: unknown, awaitsLogin: boolean): boolean {
  const kind = failureKind(error)
  return kind === 'permanent' || (kind === 'login' && !awaitsLogin)
}

/** Whether the same request may succeed when it is retried. */
export function mayPass(error: unknown, awaitsLogin: boolean): boolean {
  const kind = failureKind(error)
  return kind === 'transient' || (kind === 'login' && awaitsLogin)
}

/** The client does not explain why no coordinator was found. */
const NO_COORDINATOR =
  'no broker names the coordinator of the group: the right to read the group is missing, or the topic of offsets has no leader'

/** One line for logs and `/readyz`: the protocol's name of the error if there is one, else the client's message. */
export function reasonOf(error: unknown): string {
  const links = chain(error)
  if (links.some(({ name }) => name === 'KafkaJSGroupCoordinatorNotFound')) return NO_COORDINATOR
  const type = typeOf(error)
  const { message } = links.at(-1) ?? { message: String(error) }
  return type === undefined || message.includes(type) ? message : `${type}: ${message}`
}
