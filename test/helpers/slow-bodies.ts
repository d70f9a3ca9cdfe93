import { type ClientRequest, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Sends requests without their bodies; `end` sends the bodies and resolves with the statuses. */
export async function slowBodies(url: string, token: string, count: number) {
  const answers: Promise<number | undefined>[] = []
  const sent: ClientRequest[] = []
  for (let i = 0; i < count; i++) {
    const headers = { authorization: `Bearer ${token}` }
    const one = request(url, { method: 'POST', headers, agent: false })
    answers.push(
      new Promise((resolve, reject) => {
        one.once('response', (response) => response.resume().once('end', () => resolve(response.statusCode)))
        one.once('error', reject)
      }),
    )
    await new Promise<void>((resolve) => {
      one.write(' ', () => resolve())
    })
    sent.push(one)
  }
  await sleep(100)
  return {
    async end(body: string) {
      for (const one of sent) one.end(body)
      return Promise.all(answers)
    },
  }
}
