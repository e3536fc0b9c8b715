import * as t from 'io-ts'
import {
  catchError,
  concatMap,
  EMPTY,
  exhaustMap,
  filter,
  firstValueFrom,
  interval,
  map,
  type Observable,
  repeat,
  take,
  throwError,
  timeout,
} from 'rxjs'
import { ServerError } from '../http/server-error.js'
import { forFirstRequests, type Server, type ServerRequest, withTrial } from '../http/server.js'
import { LARGEST_ARCHIVE } from './adapter-archive.js'
import { API, ArchiveCodec, CapabilitiesCodec, DoneCodec, FutureCodec, outcomeOf, SessionCodec } from './wire.js'

/** Request to a route of the service. */
export interface Call<A> {
  /** Name of the route, such as `optim_step`. */
  readonly route: string
  readonly body: object
  readonly codec: t.Decoder<unknown, A>
  /** True if the service may process the request twice. */
  readonly isRepeatable: boolean
  /** Maximum number of times that the request is sent again [that of the connection]. */
  readonly retries?: number
}

/** Session of a service. It is kept alive until it is closed; models of an abandoned session are unloaded by the service. */
export interface Session {
  readonly id: string
  /** Address of the service, for messages. */
  readonly name: string
  /** Sends a request and emits the answer. @errors ServerError */
  readonly call: <A>(call: Call<A>) => Observable<A>
  /**
   * Sends a request that starts work, waits for its result and emits it. Unsubscribing stops the wait, not the work.
   *
   * @errors ServerError; `refused` for work that failed, with the words of the service; `unfit` for work without a result in an hour
   */
  readonly work: <A>(call: Call<A>) => Observable<A>
  /** Removes weights of a model that were saved for sampling. @errors ServerError, also from a service that cannot remove them */
  readonly remove: (model: string, name: string) => Observable<unknown>
  /** Reads the archive of weights of a model that were saved for sampling. @errors ServerError */
  readonly download: (model: string, name: string) => Observable<Uint8Array>
  /** Sends one heartbeat, which shows that the service answers. @errors ServerError */
  readonly beat: () => Observable<unknown>
  /** Ends the heartbeat. */
  readonly close: () => void
}

/** Time between two heartbeats. Services end a session after minutes without one. @units ms */
const HEARTBEAT = 10_000

/** Time limit of a request for a result. A service holds it open for up to 300 s. @units seconds */
const LONG_POLL = 360

/**
 * Opens a session, and checks that the service has the base model.
 *
 * @errors rejects with ServerError; `unfit` with the names of its models for a service that does not have the base model
 */
export const openSession = async (server: Server, baseModel: string): Promise<Session> => {
  const { supported_models } = await firstValueFrom(
    forFirstRequests(server).request({
      method: 'GET',
      path: `${API}/get_server_capabilities`,
      codec: CapabilitiesCodec,
      isRepeatable: true,
      timeout: 10,
    }),
  )
  const names = supported_models.flatMap(({ model_name }) => model_name ?? [])
  if (!names.includes(baseModel))
    throw new ServerError(
      'unfit',
      `${server.name}: base model`,
      JSON.stringify(baseModel),
      `one of the models of the service: ${names.join(', ')}`,
    )
  const { session_id } = await firstValueFrom(
    callOf(server)({
      route: 'create_session',
      body: { tags: ['entrain'], user_metadata: {}, sdk_version: 'entrain', type: 'create_session' },
      codec: SessionCodec,
      // A session whose answer was lost has no models, and ends by itself.
      isRepeatable: true,
    }),
  )
  return keepAlive(server, session_id)
}

const callOf =
  (server: Server) =>
  <A>({ route, ...call }: Call<A>): Observable<A> =>
    server.request({ method: 'POST', path: `${API}/${route}`, ...call })

const keepAlive = (connection: Server, id: string): Session => {
  const heartbeatRequest: ServerRequest<unknown> = {
    method: 'POST',
    path: `${API}/session_heartbeat`,
    body: { session_id: id, type: 'session_heartbeat' },
    codec: DoneCodec,
    isRepeatable: true,
    retries: 0,
    timeout: HEARTBEAT / 1000,
  }
  const beat = () => connection.request(heartbeatRequest)
  // A request for a result is answered after minutes, so it does not try the service.
  const server = withTrial(connection, heartbeatRequest)
  const call = callOf(server)
  const heartbeat = interval(HEARTBEAT)
    // A lost session shows in the next request that does something.
    .pipe(exhaustMap(() => beat().pipe(catchError(() => EMPTY))))
    .subscribe()
  return {
    id,
    name: server.name,
    call,
    work: ({ codec, ...request }) =>
      call({ ...request, codec: FutureCodec }).pipe(
        concatMap(({ request_id }) => resultOf(server, request.route, request_id, codec)),
      ),
    remove: (model, name) =>
      server.request({
        method: 'DELETE',
        path: `${API}/training_runs/${model}/checkpoints/sampler_weights/${name}`,
        codec: t.unknown,
        form: 'text',
        isRepeatable: true,
      }),
    download: (model, name) =>
      server.request({
        method: 'GET',
        path: `${API}/training_runs/${model}/checkpoints/${name}/download`,
        codec: ArchiveCodec,
        form: 'bytes',
        largestAnswer: LARGEST_ARCHIVE,
        isRepeatable: true,
      }),
    beat,
    close: () => heartbeat.unsubscribe(),
  }
}

/** Time limit of work. A service may compile, or serve others first. @units seconds */
const WORK_LIMIT = 3600

/** Pause before a pending result is asked for again. @units ms */
const PAUSE = 100

const resultOf = <A>(server: Server, route: string, id: string, codec: t.Decoder<unknown, A>): Observable<A> =>
  server
    .request({
      method: 'POST',
      path: `${API}/retrieve_future`,
      body: { request_id: id },
      codec: outcomeOf(codec),
      timeout: LONG_POLL,
      isRepeatable: true,
      pendingStatuses: [408],
      // 524 is the one of Cloudflare.
      gatewayStatuses: [504, 524],
    })
    .pipe(
      repeat({ delay: PAUSE }),
      map((outcome) => {
        if (outcome._tag === 'failed')
          throw new ServerError('refused', `${server.name}: ${route}`, outcome.error, 'work that the service can do')
        return outcome
      }),
      filter((outcome) => outcome._tag === 'done'),
      take(1),
      timeout({
        first: 1000 * WORK_LIMIT,
        with: () => throwError(() => pendingTooLong(`${server.name}: ${route}`, id)),
      }),
      map(({ result }) => result),
    )

/** The problem is not that of a request without an answer, which would be sent again. */
const pendingTooLong = (place: string, id: string): ServerError =>
  new ServerError(
    'unfit',
    place,
    `no result of the request ${id} for ${WORK_LIMIT} s`,
    'a result in time; a service may answer while its engine does not work, and its log has the reason',
  )
