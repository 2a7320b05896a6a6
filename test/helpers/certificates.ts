import { readFileSync } from 'node:fs'
import tls from 'node:tls'

/**
 * Certificates in test/fixtures/certificates, all with the same key: `valid` for localhost, its addresses
 * and hooks.example.com; `expired` since 2021; `wrong-host` for elsewhere.example.com. These three are
 * issued by `ca`. `self-signed` is not. All but `expired` are good until 2125.
 */
export type CertificateName = 'valid' | 'expired' | 'wrong-host' | 'self-signed'

/** What `https.createServer` needs to show this certificate. */
export function certificate(name: CertificateName): { key: string; cert: string } {
  return { key: fixture('server.key'), cert: fixture(`${name}.pem`) }
}

/** Makes this process trust the authority of the test certificates, as NODE_EXTRA_CA_CERTS would. */
export function trustTestAuthority(): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), fixture('ca.pem')])
}

function fixture(file: string): string {
  return readFileSync(new URL(`../fixtures/certificates/${file}`, import.meta.url), 'utf8')
}
