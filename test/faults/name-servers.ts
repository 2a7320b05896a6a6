import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'

// Preloaded into a worker: its name servers are those that FAULT_NAME_SERVERS names, as if the system were set up so.
const servers = process.env.FAULT_NAME_SERVERS!.split(',')
const { Resolver } = dns
dns.Resolver = class extends Resolver {
  constructor(...options: ConstructorParameters<typeof Resolver>) {
    super(...options)
    this.setServers(servers)
  }
}
syncBuiltinESMExports()
