import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientAddress, networkOf } from '../../../../src/analyst/desk/client-address.ts'

const trusted = (address: string) => address === '10.0.0.1' || address === '10.0.0.2' || address === '::1'

describe('the address of a client', () => {
  it.each([
    ['is the peer, whatever the header of a client says', '203.0.113.9', '192.0.2.1', '203.0.113.9'],
    ['is named by a trusted proxy', '10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['is found behind two proxies', '10.0.0.1', '192.0.2.1, 10.0.0.2', '192.0.2.1'],
    [
      'is the last that is no proxy: what stands before is the client’s word',
      '10.0.0.1',
      '10.9.9.9, 192.0.2.1',
      '192.0.2.1',
    ],
    ['is the proxy without a header', '10.0.0.1', undefined, '10.0.0.1'],
    ['is the proxy where the header names none', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['is read with a socket port', '::1', '192.0.2.1:40312', '192.0.2.1'],
    ['is read in brackets', '::1', '[2001:db8::7]:40312', '2001:db8::7'],
    ['is IPv4 where it is mapped', '::ffff:10.0.0.1', '::ffff:192.0.2.1', '192.0.2.1'],
    ['is read without its zone', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['is told of a proxy alone', '10.0.0.1', '10.0.0.2', '10.0.0.2'],
    ['is unknown of a connection that is gone', undefined, '192.0.2.1', 'unknown'],
  ])('%s', (_, peer, header, expected) => {
    expect(clientAddress(peer, header, trusted)).toBe(expected)
  })

  it('is an address or unknown, whatever the header is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (header) => {
        expect(clientAddress('10.0.0.1', header, trusted)).toMatch(/^[0-9a-f.:]+$/i)
      }),
    )
  })
})

describe('what shares a limit', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['unknown', 'unknown'],
  ])('of %s is %s', (address, expected) => {
    expect(networkOf(address)).toBe(expected)
  })

  it('is the same for all addresses of a /64 alone', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        const list = new BlockList()
        list.addSubnet(one, 64, 'ipv6')
        expect(networkOf(one) === networkOf(other)).toBe(list.check(other, 'ipv6'))
      }),
    )
  })
})
