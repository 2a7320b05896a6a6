import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressPolicy, isAllowed } from '../../../src/domain/address.ts'
import cases from '../../fixtures/ssrf-cases.json' with { type: 'json' }

const strict = createAddressPolicy({ allowHttp: false, allowNetworks: [] })

describe('which addresses a delivery may reach', () => {
  const named = cases.filter((one) => 'dns' in one && one.dns.length > 0)
  it.each(named.map(({ dns, verdict, why }) => ({ why, dns: dns!, verdict })))(
    '$dns is judged "$verdict": $why',
    ({ dns, verdict }) => {
      const allowed = dns.every((address) => isAllowed(address, strict))
      expect(allowed ? 'accept' : 'reject').toBe(verdict)
    },
  )

  it.each([
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '198.18.0.1',
    '::ffff:10.0.0.1',
    '::7f00:1',
    '64:ff9b::5db8:d822',
    '2002:5db8:d822::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    'fd00:ec2::254',
    'fe80::1%eth0',
    'ff02::1',
    '2606:4700::5efe:7f00:1',
    '2606:4700::200:5efe:7f00:1',
    '3fff::1',
    '4000::1',
  ])('%s is not reached', (address) => {
    expect(isAllowed(address, strict)).toBe(false)
  })

  it.each(['', 'localhost', '127.1', '0x7f000001', '[::1]', '8.8.8.8 ', '8.8.8.8/32'])(
    '"%s" is not an address, so it is not reached',
    (text) => {
      expect(isAllowed(text, strict)).toBe(false)
    },
  )

  it('no IPv6 address outside 2000::/3 is reached', () => {
    const part = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(fc.tuple(part, part, part, part, part, part, part, part), (parts) => {
        const address = parts.map((one) => one.toString(16)).join(':')
        const inside = parts[0] >= 0x2000 && parts[0] <= 0x3fff
        return inside || !isAllowed(address, strict)
      }),
    )
  })
})

describe('denied networks', () => {
  const policy = createAddressPolicy({
    allowHttp: true,
    allowNetworks: ['10.0.0.0/8'],
    denyNetworks: ['10.1.0.0/16', '203.0.112.0/24', '2606:4700::/32'],
  })

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '203.0.112.7', '2606:4700::1'])(
    'refuse %s',
    (address) => {
      expect(isAllowed(address, policy)).toBe(false)
    },
  )

  it.each(['10.2.0.1', '8.8.8.8', '2a00:1450::1'])('permit %s', (address) => {
    expect(isAllowed(address, policy)).toBe(true)
  })
})

describe('allowed networks', () => {
  const local = createAddressPolicy({
    allowHttp: true,
    allowNetworks: ['127.0.0.0/8', '::1/128', '10.1.0.0/16'],
  })

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.255.255', '8.8.8.8'])(
    'let %s be reached',
    (address) => {
      expect(isAllowed(address, local)).toBe(true)
    },
  )

  it.each(['10.2.0.0', '::2', '169.254.169.254'])('do not let %s be reached', (address) => {
    expect(isAllowed(address, local)).toBe(false)
  })

  it.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'local/8',
    '',
    '10/8',
  ])('may not be written as "%s", and the error names it', (network) => {
    const create = () =>
      createAddressPolicy({ allowHttp: false, allowNetworks: ['127.0.0.0/8', network] })
    expect(create).toThrow(`"${network}" is not a network in CIDR notation`)
  })
})
