import { describe, expect, it } from 'vitest'
import { plainClient } from '../../helpers/kafka-client.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { uniqueName } from '../../helpers/unique-name.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

describeWith('kafka', 'sigwatch topics', () => {
  const servers = useKafka()

  function environment() {
    const prefix = uniqueName('topics')
    const topics = {
      MESSAGES: `${prefix}.mt`,
      ALERTS: `${prefix}.alerts`,
      DEAD_LETTERS: `${prefix}.dlq`,
      CONSENTS: `${prefix}.consents`,
      BLOCKS: `${prefix}.blocks`,
    }
    const off = ['REGISTRY', 'REPLIES', 'COMPLAINTS', 'FEEDBACK', 'FEEDBACK_RESULTS', 'ENFORCEMENTS'].map(
      (name) => [name, 'null'],
    )
    const env = Object.fromEntries(
      [...Object.entries(topics), ...off].map(([name, value]) => [`SIGWATCH_KAFKA_TOPICS_${name}`, value!]),
    )
    return { topics, env: { ...env, KAFKA_BROKERS: servers.brokers.join(',') } }
  }

  it('ends only the rows of the block table that are not renewed', async () => {
    const { topics, env } = environment()
    const client = plainClient(servers.brokers)
    const config = { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' }
    await client.createTopic({ partitions: 2, config }, topics.BLOCKS)
    const row = (state: string, minutes: number) =>
      JSON.stringify({ state, expiresAt: new Date(Date.now() + minutes * 60_000).toISOString() })
    const keys = ['gone', 'lately', 'live', 'renewed', 'renewed', 'odd']
    const values = [
      ...[row('gone', -61), row('lately', -30), row('live', 10), row('renewed', -90), row('renewed', 5)],
      'no row',
    ]
    await client.produce(topics.BLOCKS, values, { keys })
    const first = await warmSigwatch(['topics', '--end-blocks'], { env })
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout).toBe(`${topics.BLOCKS}: 1 of 5 rows ended\n`)
    const tombstones = (await client.readAll(topics.BLOCKS)).filter(({ value }) => value === null)
    expect(tombstones.map(({ key }) => key)).toEqual(['gone'])
    const again = await warmSigwatch(['topics', '--end-blocks'], { env })
    expect(again.stdout).toBe(`${topics.BLOCKS}: 0 of 4 rows ended\n`)
    const off = await warmSigwatch(['topics', '--end-blocks'], {
      env: { ...env, SIGWATCH_KAFKA_TOPICS_BLOCKS: 'null' },
    })
    expect(off.code).toBe(2)
  })

  it('names what is missing, makes it, and then finds all', async () => {
    const { topics, env } = environment()
    await plainClient(servers.brokers).createTopic({ partitions: 3 }, topics.MESSAGES)

    const before = await warmSigwatch(['topics'], { env })
    expect(before.code).toBe(1)
    expect(before.stdout).toMatch(new RegExp(`^${topics.MESSAGES} +messages +present +3 +1 +delete`, 'm'))
    expect(before.stdout).toMatch(new RegExp(`^${topics.ALERTS} +alerts +MISSING`, 'm'))
    expect(before.stdout).toMatch(new RegExp(`^${topics.CONSENTS} +consents +missing, off`, 'm'))
    expect(before.stdout).not.toContain('registry')
    expect(before.stderr).toContain('4 missing')

    const made = await warmSigwatch(['topics', '--create', '--partitions', '2', '--replication', '1'], {
      env,
    })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toMatch(new RegExp(`^${topics.ALERTS} +alerts +made +2 +1 +delete +7d`, 'm'))
    expect(made.stdout).toMatch(new RegExp(`^${topics.BLOCKS} +blocks +made +2 +1 +compact +-`, 'm'))

    expect(await warmSigwatch(['topics'], { env })).toMatchObject({
      code: 0,
      stdout: made.stdout.replaceAll(' made   ', ' present'),
    })
  })
})

describe('sigwatch topics', () => {
  it('says what is wrong with its options', async () => {
    const stray = await warmSigwatch(['topics', '--partitions', '3'], {
      env: { KAFKA_BROKERS: '127.0.0.1:1' },
    })
    expect(stray).toMatchObject({ code: 2, stdout: '' })
    expect(stray.stderr).toContain('require --create')
    const none = await warmSigwatch(['topics'])
    expect(none).toMatchObject({ code: 2, stdout: '' })
    expect(none.stderr).toContain('KAFKA_BROKERS')
  })
})
