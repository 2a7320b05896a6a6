import net, { type LookupFunction } from 'node:net'
import tls from 'node:tls'

export interface ShutDoor extends Disposable {
  /** Addresses outside that something was about to connect to, in order; none of them was reached. */
  readonly knocks: readonly string[]
}

type Connect = (options: tls.ConnectionOptions) => tls.TLSSocket

/** As a firewall around this machine answers. */
const refused = () =>
  Object.assign(new Error('Nothing leaves this machine.'), { code: 'ECONNREFUSED' })

const isHere = (address: string) => /^(::ffff:)?127\.|^::1$/.test(address)

/**
 * Lets no TLS connection leave this machine while a test runs: what is about to go to an address outside is
 * refused after its name was looked up, as the very last step. Connections to loopback addresses are made.
 */
export function shutDoor(): ShutDoor {
  const knocks: string[] = []
  const connect = tls.connect as Connect

  function guarded(options: tls.ConnectionOptions): tls.TLSSocket {
    const host = options.host ?? ''
    if (net.isIP(host) !== 0 && !isHere(host)) {
      knocks.push(host)
      const socket = new net.Socket()
      queueMicrotask(() => socket.destroy(refused()))
      return socket as tls.TLSSocket
    }
    return connect({ ...options, ...(options.lookup && { lookup: knocking(options.lookup) }) })
  }

  const knocking =
    (lookup: LookupFunction): LookupFunction =>
    (hostname, options, callback) =>
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        const all = (error ? [] : addresses) as { address: string; family: number }[]
        const outside = all.filter(({ address }) => !isHere(address))
        knocks.push(...outside.map(({ address }) => address))
        if (error || outside.length > 0) callback(error ?? refused(), [])
        else if (options.all) callback(null, all)
        else callback(null, all[0]!.address, all[0]!.family)
      })

  tls.connect = guarded as typeof tls.connect
  return {
    knocks,
    [Symbol.dispose]() {
      tls.connect = connect as typeof tls.connect
    },
  }
}
