import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { createAddressPolicy } from '../../../src/domain/address.ts'
import { checkDestinationUrl } from '../../../src/domain/destination-url.ts'
import cases from '../../fixtures/ssrf-cases.json' with { type: 'json' }

const strict = createAddressPolicy({ allowHttp: false, allowNetworks: [] })
const local = createAddressPolicy({ allowHttp: true, allowNetworks: ['127.0.0.0/8', '::1/128'] })

const urlOf = (raw: string, policy = strict) => {
  const result = checkDestinationUrl(raw, policy)
  return 'url' in result ? result.url : null
}
const issueOf = (raw: string, policy = strict) => {
  const result = checkDestinationUrl(raw, policy)
  return 'issue' in result ? result.issue : null
}

describe('a URL is refused when it is saved', () => {
  const refused = cases.filter(({ stage }) => stage === 'save')
  it.each(refused)('$url: $why', ({ url }) => {
    expect(issueOf(url)).toMatch(/^[A-Z].*\.$/)
  })

  it.each([
    ['https://hooks.example.com/#part', 'never sent'],
    ['https://hooks.example.com/#', 'never sent'],
    ['https://@hooks.example.com/', 'user name'],
    ['https:hooks.example.com/', 'Begin the URL with https://'],
    ['https://hooks/', 'public internet'],
    ['https://hooks.example/', 'public internet'],
    ['https://metadata.google.internal./', 'public internet'],
    ['https://ho!oks.example.com/', 'host name'],
    ['https://hooks.example.com../', 'host name'],
    [`https://hooks.example.com/${'a'.repeat(2023)}`, '2048 characters'],
    [`https://hooks.example.com/${'é'.repeat(700)}`, '2048 characters'],
    ['https://hooks.example.com/\ud800', 'broken'],
    ['https://hooks.example.com:22/', '22 belongs to another protocol'],
  ])('%s, saying what to do: %s', (url, said) => {
    expect(issueOf(url)).toContain(said)
  })

  it('where the port is one that fetch would refuse', () => {
    const { badPorts } = createRequire(import.meta.url)('undici/lib/web/fetch/constants.js')
    const bad = new Set<string>(['0', ...badPorts])
    for (let port = 0; port <= 65_535; port++) {
      const accepted = urlOf(`https://hooks.example.com:${port}/`) !== null
      if (accepted === bad.has(String(port))) expect.fail(`port ${port} is misjudged`)
    }
  })
})

describe('a URL is accepted when it is saved', () => {
  const accepted = cases.filter(({ stage }) => stage === 'connect')
  it.each(accepted)('$url: what it leads to is judged when connecting', ({ url }) => {
    expect(urlOf(url)).not.toBeNull()
  })

  it.each([
    ['https://hooks.example.com:443/bigmind', 'https://hooks.example.com/bigmind'],
    [
      'https://hooks.example.com:8443/in?tenant=1&x=%20y',
      'https://hooks.example.com:8443/in?tenant=1&x=%20y',
    ],
    ['HTTPS://HOOKS.Example.COM/CasePath', 'https://hooks.example.com/CasePath'],
    ['https://hooks.example.com', 'https://hooks.example.com/'],
    ['https://010.8.8.8/', 'https://8.8.8.8/'],
    ['https://bücher.example.com/', 'https://xn--bcher-kva.example.com/'],
    ['https://hooks_eu.example.com/?', 'https://hooks_eu.example.com/?'],
    ['https://notlocalhost.com/', 'https://notlocalhost.com/'],
    [
      `https://hooks.example.com/${'a'.repeat(2022)}`,
      `https://hooks.example.com/${'a'.repeat(2022)}`,
    ],
  ])('%s is stored as %s', (raw, url) => {
    expect(urlOf(raw)).toBe(url)
  })
})

describe('where the policy allows http and loopback', () => {
  it.each([
    'http://127.0.0.1:3000/webhook',
    'http://[::1]:3000/webhook',
    'http://localhost:3000/webhook',
    'https://localhost:3000/webhook',
    'http://hooks.example.com/',
  ])('%s is accepted', (url) => {
    expect(urlOf(url, local)).toBe(url)
  })

  it.each([
    'http://10.0.0.1/',
    'http://receiver:3000/',
    'http://app.localhost:3000/',
    'ftp://localhost/',
    'http://localhost:22/',
  ])('%s is still refused', (url) => {
    expect(issueOf(url, local)).not.toBeNull()
  })

  it('localhost stays refused where only http is allowed', () => {
    const policy = createAddressPolicy({ allowHttp: true, allowNetworks: [] })
    expect(issueOf('http://localhost:3000/', policy)).toContain('public internet')
  })
})
