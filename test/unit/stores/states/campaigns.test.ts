import { describe, expect, it } from 'vitest'
import type { Signal } from '../../../../src/domain/decision.ts'
import type { AnalysedMessage } from '../../../../src/domain/message.ts'
import type { BackedSignal } from '../../../../src/domain/state.ts'
import { nameCampaigns } from '../../../../src/stores/states/campaigns.ts'
import { T0 } from '../../../helpers/state-fixtures.ts'

/** A band of a campaign with the messages that have it, and the bands of the last of them. */
function crossing(band: string, messages: number, bands: readonly string[], over = true): BackedSignal {
  const signal: Signal = {
    code: 'CAMPAIGN_BURST',
    target: { kind: 'campaign', id: band },
    at: T0,
    over,
    level: 1,
    score: 1,
    match: { campaign: band },
    evidence: { messages },
  }
  return { signal, messages: [{ bands } as unknown as AnalysedMessage] }
}
const ids = (signals: readonly BackedSignal[]) => signals.map(({ signal }) => signal.target.id)
const nothingOpen = () => undefined
const naming =
  (campaignOf: (band: string, at: number) => string | undefined) => (batch: readonly BackedSignal[]) =>
    nameCampaigns(batch, campaignOf)

describe('names of campaigns', () => {
  it('are the least of the bands that most messages have, whichever crosses first', () => {
    const all = ['a', 'b', 'c', 'd']
    for (const first of ['b', 'c']) {
      const name = naming(nothingOpen)
      // Few have `a`: it would name a part of the campaign.
      const batch = all.map((band) =>
        crossing(band, band === first ? 60 : band === 'a' ? 20 : 58, all, band === first),
      )
      const named = name(batch)
      expect(ids(named)[all.indexOf(first)]).toBe('b')
      const { signal } = named[all.indexOf(first)]!
      expect([signal.match.campaign, [...signal.aliases!].sort()]).toEqual(['b', ['a', 'c', 'd']])
    }
  })

  it('hold for all bands that cross together, also those that share no message with the name', () => {
    const name = naming(nothingOpen)
    const batch = [crossing('m', 60, ['m', 'n']), crossing('n', 60, ['a', 'n']), crossing('a', 60, ['a'])]
    expect(ids(name(batch))).toEqual(['m', 'm', 'm'])
  })

  it('are not given before a band crosses', () => {
    const name = naming(nothingOpen)
    const [early] = name([crossing('m', 6, ['a', 'm'], false)])
    expect([early!.signal.target.id, early!.signal.aliases]).toEqual(['m', undefined])
    expect(ids(name([crossing('m', 60, ['a', 'm']), crossing('a', 60, ['a', 'm'])]))).toEqual(['a', 'a'])
  })

  it('are not given to what is found by a place, nor do bands of its texts belong to it', () => {
    const name = naming((band) => (band === 'm' ? 'z' : undefined))
    const { signal, messages } = crossing('place-1a2b', 80, ['m', 'n'])
    const place = { signal: { ...signal, match: { ports: ['1065'] } }, messages }
    const [named, campaign] = name([place, crossing('n', 60, ['n'])])
    expect(named).toEqual(place)
    expect(campaign!.signal).toMatchObject({ target: { id: 'n' }, match: { campaign: 'n' }, aliases: [] })
  })

  it('are those that another instance has given', () => {
    const name = naming((band) => (band === 'n' ? 'z' : undefined))
    const [named] = name([crossing('m', 60, ['m', 'n'])])
    expect([named!.signal.target.id, named!.signal.aliases]).toEqual(['z', ['m', 'n']])
  })

  it('are those of campaigns that are open at the time of the signal', () => {
    const name = naming((_band, at) => (at < T0 ? 'z' : undefined))
    expect(ids(name([crossing('m', 60, ['m', 'n'])]))).toEqual(['m'])
  })
})
