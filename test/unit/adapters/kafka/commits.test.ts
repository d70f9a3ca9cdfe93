import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { Commits, type CommitTarget } from '../../../../src/adapters/kafka/commits.ts'
import type { Position } from '../../../../src/domain/message.ts'

const at = (offset: number, partition = 0): Position => ({ topic: 't', partition, offset })

class Target implements CommitTarget {
  readonly epoch: number
  ending = false
  held = true
  readonly sent: Position[][] = []
  expulsions = 0
  answer: (sent: readonly Position[]) => Promise<void> = async () => {}

  constructor(epoch: number) {
    this.epoch = epoch
  }

  holds(): boolean {
    return this.held
  }

  async commit(checkpoints: readonly Position[]): Promise<void> {
    this.sent.push([...checkpoints])
    await this.answer(checkpoints)
  }

  expelled(): void {
    this.expulsions++
  }
}

describe('Commits', () => {
  it('sends what comes meanwhile with the next request, the last offset of each partition', async () => {
    const target = new Target(1)
    const commits = new Commits({ target: () => target, leaveWithin: 100 })
    target.answer = () => sleep(10)
    const first = commits.commit([at(1)])
    await sleep(1)
    void commits.commit([at(2), at(5, 1)])
    void commits.commit([at(3)])
    await first
    expect(target.sent).toEqual([[at(1)], [at(3), at(5, 1)]])
  })

  it('waits for the request in flight if there is nothing new to commit', async () => {
    const target = new Target(1)
    const commits = new Commits({ target: () => target, leaveWithin: 100 })
    const moved = Object.assign(new Error('moved'), { type: 'NOT_COORDINATOR_FOR_GROUP' })
    target.answer = async () => {
      await sleep(5)
      if (target.sent.length === 1) throw moved
    }
    void commits.commit([at(1)])
    await sleep(1)
    target.ending = true
    await commits.commit([])
    expect(target.sent).toEqual([[at(1)], [at(1)]])
    expect(commits.waitingFor()).toBe(0)
  })

  it('does not wait long for an answer once the partitions are given up, and sends nothing behind it', async () => {
    const target = new Target(1)
    const commits = new Commits({ target: () => target, leaveWithin: 30 })
    target.answer = () => new Promise(() => {})
    const hung = commits.commit([at(1)])
    await sleep(1)
    target.ending = true
    await hung
    await commits.commit([at(2)])
    expect(target.sent).toEqual([[at(1)]])
  })

  it('tries again for partitions that are given up, until they are or the group refuses the generation', async () => {
    const target = new Target(1)
    const commits = new Commits({ target: () => target, leaveWithin: 100 })
    target.ending = true
    const moved = Object.assign(new Error('moved'), { type: 'NOT_COORDINATOR_FOR_GROUP' })
    target.answer = async () => {
      if (target.sent.length < 3) throw moved
    }
    await commits.commit([at(4)])
    expect(target.sent).toEqual([[at(4)], [at(4)], [at(4)]])
    target.answer = async () => {
      throw Object.assign(new Error('another'), { type: 'ILLEGAL_GENERATION' })
    }
    await commits.commit([at(5)])
    target.answer = async () => {
      target.held = false
      throw moved
    }
    await commits.commit([at(6)])
    expect(target.sent.slice(3)).toEqual([[at(5)], [at(6)]])
  })

  it('says how long an offset has waited, until an attempt succeeds or the assignment ends', async () => {
    let target = new Target(1)
    const commits = new Commits({ target: () => target, leaveWithin: 100 })
    expect(commits.waitingFor()).toBe(0)
    const first = target
    let answer = () => {}
    first.answer = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const running = commits.commit([at(1)])
    await sleep(60)
    expect(commits.waitingFor()).toBeGreaterThan(40)
    void commits.commit([at(2)])
    const answered = performance.now()
    answer()
    await vi.waitFor(() => expect(first.sent).toHaveLength(2))
    // What came meanwhile is on its way, and is counted from the success on.
    expect(commits.waitingFor()).toBeLessThanOrEqual(performance.now() - answered)
    answer()
    await running
    expect(commits.waitingFor()).toBe(0)
    void commits.commit([at(3)])
    await sleep(20)
    expect(commits.waitingFor()).toBeGreaterThan(10)
    target = new Target(2)
    expect(commits.waitingFor()).toBe(0)
  })

  it('sends for no assignment what was acknowledged in another', async () => {
    let target = new Target(1)
    const commits = new Commits({ target: () => target, leaveWithin: 100 })
    const first = target
    first.answer = () => Promise.reject(new Error('the coordinator is away'))
    const failing = commits.commit([at(1)])
    await sleep(1)
    target = new Target(2)
    await commits.commit([at(9)], 2)
    await commits.commit([at(4)], 1)
    await failing
    expect([first.sent.length, target.sent]).toEqual([1, [[at(9)]]])
  })

  it('says when the group refuses the member for seconds', async () => {
    let now = 0
    const monotonic = vi.spyOn(performance, 'now').mockImplementation(() => now)
    try {
      const target = new Target(1)
      const commits = new Commits({ target: () => target, leaveWithin: 100 })
      target.answer = async () => {
        now += 4_000
        throw Object.assign(new Error('no member'), { type: 'ILLEGAL_GENERATION' })
      }
      await commits.commit([at(1)])
      expect([target.sent.length, target.expulsions]).toEqual([3, 1])
    } finally {
      monotonic.mockRestore()
    }
  })
})
