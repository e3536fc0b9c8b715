import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type RequestListener, type Server } from 'node:http'
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
  /** Proxy that connects every tunnel to one server, sends it every other request, and lists what it was asked for. */
  const proxyTo = async (target: string) => {
    const asked: string[] = []
    const { server, url } = await listening(({ method, url: address = '', headers }, response) => {
      asked.push(`${method} ${address}`)
      const { pathname, search } = new URL(address)
      request(target + pathname + search, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
      }).end()
    })
    server.on('connect', (message: IncomingMessage, socket: Socket, head: Buffer) => {
      asked.push(`CONNECT ${message.url}`)
      const { hostname, port } = new URL(target)
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        upstream.write(head)
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    })
    return { asked, url }
  }
  return { listening, proxyTo }
}
