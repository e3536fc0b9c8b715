import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Observable, ReplaySubject } from 'rxjs'
import { createToken } from './access.js'
import { createDashboardApp } from './app.js'
import { DashboardError } from './dashboard-error.js'
import { pageFolder, type PageFiles, readPage } from './page-files.js'
import { createViewers } from './viewers.js'
import { type RunToWatch, watchRun } from './watched-run.js'

/** Runs to show, and the address, token and page of the server. */
export interface DashboardOptions {
  readonly runs: readonly RunToWatch[]
  /** Address or name of this machine to listen at; default 127.0.0.1. 0.0.0.0 and :: are all its addresses. */
  readonly host?: string
  /** Port to listen at; 0, the default, takes a free one. */
  readonly port?: number
  /** Access token, which allows to watch and to steer; default a random one. */
  readonly token?: string
  /** Folder of the built page; default the page of this package. */
  readonly page?: string
}

/** Dashboard that serves. */
export interface Dashboard {
  /** Address of the page, with the token. */
  readonly url: string
  /** Number of pages that are connected: the present number, then each change. A page that reloads stays in the number. */
  readonly viewers$: Observable<number>
  /** Sends the remaining lines to the open pages, and stops the server. A page that reads nothing is disconnected. */
  readonly close: () => Promise<void>
  /** Returns the number of pages that were disconnected by `close` before they had all lines. */
  readonly cutOff: () => number
}

/** Server that listens at its port and does not answer yet. */
export interface DashboardListener {
  /** Starts to answer requests. */
  readonly serve: (runs: readonly RunToWatch[]) => Dashboard
  readonly close: Dashboard['close']
}

/**
 * Opens a dashboard: a web server with a live page of the runs, which reads their folders.
 *
 * @errors DashboardError if the address cannot be used, or the page is not built
 */
export const openDashboard = ({ runs, ...options }: DashboardOptions): TE.TaskEither<DashboardError, Dashboard> =>
  pipe(
    listenAt(options),
    TE.map(({ serve }) => serve(runs)),
  )

/**
 * Takes the port of a dashboard, so that a caller knows that it is free before it prepares a run.
 *
 * @errors DashboardError if the address cannot be used, or the page is not built
 */
export const listenAt = ({
  host = '127.0.0.1',
  port = 0,
  token = createToken(),
  page = pageFolder,
}: Omit<DashboardOptions, 'runs'>): TE.TaskEither<DashboardError, DashboardListener> =>
  pipe(
    readPage(page),
    TE.chain((files) =>
      pipe(
        startServer(host, port),
        TE.map((server) => createListener(server, files, host, token)),
      ),
    ),
  )

const createListener = (server: Server, page: PageFiles, host: string, token: string): DashboardListener => {
  const { port } = server.address() as AddressInfo
  const closing$ = new ReplaySubject<void>(1)
  const hosts = everywhere.includes(host) ? null : [...new Set([...loopback, host])].map((name) => hostOf(name, port))
  const viewers = createViewers(closing$)
  const { close, cutOff } = createClosing(server, () => closing$.next())
  return {
    serve: (runs) => {
      const app = createDashboardApp({ runs: runs.map(watchRun), page, token, hosts, closing$, viewers })
      const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false })
      server.on('request', (incoming, outgoing) => void answer(incoming, outgoing))
      return {
        url: `http://${hostOf(everywhere.includes(host) ? nameOfThisMachine() : host, port)}/#${token}`,
        viewers$: viewers.count$,
        close,
        cutOff,
      }
    },
    close,
  }
}

const everywhere: readonly string[] = ['0.0.0.0', '::']
const loopback: readonly string[] = ['127.0.0.1', 'localhost', '::1']

/** Returns host and port as browsers write them: an IPv6 address in brackets, and no port if it is 80. */
const hostOf = (name: string, port: number): string =>
  new URL(`http://${name.includes(':') ? `[${name}]` : name}:${port}`).host

const nameOfThisMachine = (): string =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? 'localhost'

const startServer = (host: string, port: number): TE.TaskEither<DashboardError, Server> =>
  TE.tryCatch(
    () =>
      new Promise<Server>((resolve, reject) => {
        const server = createServer(timeLimits).once('error', reject)
        server.on('connect', rejectConnect)
        server.listen(port, host, () => resolve(server.off('error', reject)))
      }),
    (cause) => listenError(host, port, cause as NodeJS.ErrnoException),
  )

/** Longest time for the head of a request, and for a whole request. A request that takes longer is answered with 408. @units ms */
const timeLimits = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5000 }

/** Node would close the connection without an answer. */
const rejectConnect = (_: IncomingMessage, socket: Duplex): void => {
  socket.end('HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD, POST\r\nconnection: close\r\n\r\n')
}

const listenError = (host: string, port: number, cause: NodeJS.ErrnoException): DashboardError =>
  cause.code === 'EADDRINUSE'
    ? new DashboardError(`port ${port}`, 'a port in use', 'a free port: --port 0 takes one', {
        cause,
      })
    : new DashboardError(
        hostOf(host, port),
        cause.code ?? cause.message,
        'an address of this machine to listen at (--host, --port)',
        { cause },
      )

/** Time without progress after which an open connection is closed. @units ms */
const STALLED_AFTER = 1000

/** Longest time until open connections are closed, because a client that reads slowly would keep the server open. @units ms */
const CLOSE_AFTER = 20_000

/**
 * Returns a function that closes a server once, and the number of connections that it has cut off. The function calls `begin`,
 * and waits for the connections that read on.
 */
const createClosing = (server: Server, begin: () => void): Pick<Dashboard, 'close' | 'cutOff'> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  let cutOff = 0
  const disconnect = (socket: Socket) => {
    if (socket.writableLength > 0) cutOff++
    socket.destroy()
  }
  let closed: Promise<void> | undefined
  return {
    close: () => {
      begin()
      closed ??= closeServer(server, sockets, disconnect)
      return closed
    },
    cutOff: () => cutOff,
  }
}

const closeServer = (
  server: Server,
  sockets: ReadonlySet<Socket>,
  disconnect: (socket: Socket) => void,
): Promise<void> =>
  new Promise((resolve) => {
    const unread = new Map<Socket, number>()
    const closeStalled = () => {
      for (const socket of sockets) {
        const progress = socket.bytesWritten - socket.writableLength
        if (unread.get(socket) === progress) disconnect(socket)
        unread.set(socket, progress)
      }
    }
    const stalled = setInterval(closeStalled, STALLED_AFTER)
    const last = setTimeout(() => sockets.forEach(disconnect), CLOSE_AFTER)
    server.close(() => {
      clearInterval(stalled)
      clearTimeout(last)
      resolve()
    })
    server.closeIdleConnections()
  })
