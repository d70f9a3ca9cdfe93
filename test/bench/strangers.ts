// Redis memory per message if the sender makes up a value of each: signature, port extension, recipient or time.
//
//   npm run bench -- strangers [--messages 10000000] [--kind port] [--replies] [--stats]
import { parseArgs } from 'node:util'
import { costOf, KINDS } from './strangers-traffic.ts'

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000000' },
    kind: { type: 'string' },
    replies: { type: 'boolean' },
    stats: { type: 'boolean' },
  },
})
console.log('made up       messages   bytes each   of the second half')
for (const kind of KINDS) {
  if (options.kind !== undefined && options.kind !== kind) continue
  const { messages, each, later } = await costOf(kind, Number(options.messages), {
    replies: options.replies === true,
    stats: options.stats === true,
  })
  console.log(
    `${kind.padEnd(11)} ${String(messages).padStart(10)} ${each.toFixed(1).padStart(12)} ${later.toFixed(1).padStart(20)}`,
  )
}
