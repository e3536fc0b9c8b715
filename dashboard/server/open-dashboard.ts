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

/** What to show, where, and to whom. */
export interface DashboardOptions {
  readonly runs: readonly RunToWatch[]
  /** Address or name of this machine to listen at, 127.0.0.1 unless given; 0.0.0.0 and :: are all it has. */
  readonly host?: string
  /** Any that is free, unless given. */
  readonly port?: number
  /** Whoever has it may watch and steer; one that nobody guesses unless given. */
  readonly token?: string
  /** Folder of the page; that of the build unless given. */
  readonly page?: string
}

export interface Dashboard {
  /** The page with the token in it. */
  readonly url: string
  /** Tells those who watch what there is, and stops listening. */
  readonly close: () => Promise<void>
}

/** A place that listens already, before there is anything to show. */
export interface DashboardListener {
  readonly serve: (runs: readonly RunToWatch[]) => Dashboard
  readonly close: Dashboard['close']
}

/** Serves the page, and the runs as far as their folders are written. @errors DashboardError */
export const openDashboard = ({ runs, ...place }: DashboardOptions): TE.TaskEither<DashboardError, Dashboard> =>
  pipe(
    listenAt(place),
    TE.map(({ serve }) => serve(runs)),
  )

/** Takes the place, so that who has to prepare a run knows first that it is free. @errors DashboardError */
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
        listening(host, port),
        TE.map((server) => served(server, files, host, token)),
      ),
    ),
  )

const served = (server: Server, page: PageFiles, host: string, token: string): DashboardListener => {
  const { port } = server.address() as AddressInfo
  const closing$ = new ReplaySubject<void>(1)
  const hosts = everywhere.includes(host) ? null : [...new Set([...loopback, host])].map((name) => hostOf(name, port))
  const close = () => {
    closing$.next()
    return closed(server)
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

/** As browsers write it: a number of IPv6 in brackets, and no port where it is that of HTTP. */
const hostOf = (name: string, port: number): string =>
  new URL(`http://${name.includes(':') ? `[${name}]` : name}:${port}`).host

const nameOfThisMachine = (): string =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? 'localhost'

const listening = (host: string, port: number): TE.TaskEither<DashboardError, Server> =>
  TE.tryCatch(
    () =>
      new Promise<Server>((resolve, reject) => {
        const server = createServer().once('error', reject)
        server.listen(port, host, () => resolve(server.off('error', reject)))
      }),
    (cause) => notListening(host, port, cause as NodeJS.ErrnoException),
  )

const notListening = (host: string, port: number, cause: NodeJS.ErrnoException): DashboardError =>
  cause.code === 'EADDRINUSE'
    ? new DashboardError(`port ${port}`, 'that something listens there already', 'a free one: --port 0 takes any', {
        cause,
      })
    : new DashboardError(
        hostOf(host, port),
        cause.code ?? cause.message,
        'an address of this machine to listen at (--host, --port)',
        { cause },
      )

/** Those who take nothing would hold it open. @units ms */
const PATIENCE = 1000

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const impatient = setTimeout(() => server.closeAllConnections(), PATIENCE)
    server.close(() => {
      clearTimeout(impatient)
      resolve()
    })
    server.closeIdleConnections()
  })
