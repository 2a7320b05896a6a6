import net from 'node:net'

export interface ShutDoor extends Disposable {
  /** Addresses outside that something was about to connect to, in order; none of them was reached. */
  readonly knocks: readonly string[]
}

type Connect = (options: net.TcpNetConnectOpts, ...others: unknown[]) => net.Socket

/** Returns the error of a connection that a firewall refuses. */
const refused = () =>
  Object.assign(new Error('Nothing leaves this machine.'), { code: 'ECONNREFUSED' })

const isHere = (address: string) => /^(::ffff:)?127\.|^::1$/.test(address)

/**
 * Lets no connection leave this machine while a test runs: what is about to go to an address outside is
 * refused as the very last step. Connections to loopback addresses are made.
 */
export function shutDoor(): ShutDoor {
  const knocks: string[] = []
  const connect = net.connect as Connect

  function guarded(options: net.TcpNetConnectOpts, ...others: unknown[]): net.Socket {
    const host = options.host ?? ''
    if (net.isIP(host) === 0 || isHere(host)) return connect(options, ...others)
    knocks.push(host)
    const socket = new net.Socket()
    queueMicrotask(() => socket.destroy(refused()))
    return socket
  }

  net.connect = guarded as typeof net.connect
  return {
    knocks,
    [Symbol.dispose]() {
      net.connect = connect as typeof net.connect
    },
  }
}
