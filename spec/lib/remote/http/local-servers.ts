import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach } from 'vitest'

/** Servers on this machine, which are closed after each test. */
export const localServers = () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close()
      server.closeAllConnections()
    }
  })
  const listening = async (listener: RequestListener) => {
    const server = createServer(listener)
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
  /** Proxy that connects every tunnel to one server, and lists the hosts that it was asked for. */
  const proxyTo = async (target: string) => {
    const hosts: string[] = []
    const { server, url } = await listening((_, response) => void response.writeHead(405).end())
    server.on('connect', (message: IncomingMessage, socket: Socket, head: Buffer) => {
      hosts.push(message.url ?? '')
      const { hostname, port } = new URL(target)
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        upstream.write(head)
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    })
    return { hosts, url }
  }
  return { listening, proxyTo }
}
