import type { Channel } from './ports.ts'

export type OutputEvent =
  /** Records that the sink will never accept were left out, such as those larger than the topic allows. */
  {
    readonly name: 'outputs_refused'
    readonly channel: Channel
    readonly count: number
    readonly reason: string
  }
