import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { getRequestListener } from '@hono/node-server'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { ReplaySubject } from 'rxjs'
import { createToken } from './access.js'
import { createDashboardApp } from './app.js'
import { DashboardError } from './dashboard-error.js'
import { pageFolder, type PageFiles, readPage } from './page-files.js'
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
  /** Sends the remaining lines to the open pages, and stops the server. */
  readonly close: () => Promise<void>
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
  const close = () => {
    closing$.next()
    return closeServer(server)
  }
  return {
    serve: (runs) => {
      const app = createDashboardApp({ runs: runs.map(watchRun), page, token, hosts, closing$ })
      const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false })
      server.on('request', (incoming, outgoing) => void answer(incoming, outgoing))
      return {
        url: `http://${hostOf(everywhere.includes(host) ? nameOfThisMachine() : host, port)}/#${token}`,
        close,
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
        const server = createServer().once('error', reject)
        server.listen(port, host, () => resolve(server.off('error', reject)))
      }),
    (cause) => listenError(host, port, cause as NodeJS.ErrnoException),
  )

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

/** Time until open connections are closed, because a client that reads nothing would keep the server open. @units ms */
const CLOSE_AFTER = 1000

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const timeout = setTimeout(() => server.closeAllConnections(), CLOSE_AFTER)
    server.close(() => {
      clearTimeout(timeout)
      resolve()
    })
    server.closeIdleConnections()
  })
