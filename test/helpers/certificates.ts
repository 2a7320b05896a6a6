import { readFileSync } from 'node:fs'
import tls from 'node:tls'

/**
 * Certificates in test/fixtures/certificates, all with the same key: `valid` for localhost, its addresses
 * and hooks.example.com; `expired` since 2021; `wrong-host` for elsewhere.example.com. These three are
 * issued by `ca`. `self-signed` is not. All but `expired` are good until 2125.
 */
export type CertificateName = 'valid' | 'expired' | 'wrong-host' | 'self-signed'

/**
 * Certificates with a fault that is not about names and dates. `rsa` has none. All are issued by `weak-ca`, or
 * by an authority below it: that of `no-intermediate` is left out, that of `weak-issuer` has a key of 1,024 bits.
 */
export type WeakCertificateName =
  | 'rsa'
  | 'weak-key'
  | 'weak-issuer'
  | 'sha1'
  | 'client-only'
  | 'no-intermediate'

/** Prime of 1,024 bits for Diffie-Hellman. */
export const weakDhParameters = () => fixture('weak-dh.pem')

const OWN_KEYS: Partial<Record<CertificateName | WeakCertificateName, string>> = {
  rsa: 'rsa.key',
  'weak-key': 'weak-key.key',
}

/** The options of `https.createServer` for this certificate. */
export function certificate(name: CertificateName | WeakCertificateName): {
  key: string
  cert: string
} {
  return { key: fixture(OWN_KEYS[name] ?? 'server.key'), cert: fixture(`${name}.pem`) }
}

/** Makes this process trust the authorities of the test certificates, as NODE_EXTRA_CA_CERTS would. */
export function trustTestAuthority(): void {
  const authorities = [fixture('ca.pem'), fixture('weak-ca.pem')]
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...authorities])
}

function fixture(file: string): string {
  return readFileSync(new URL(`../fixtures/certificates/${file}`, import.meta.url), 'utf8')
}
