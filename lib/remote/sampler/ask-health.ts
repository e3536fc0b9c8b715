import * as t from 'io-ts'
import type { Observable } from 'rxjs'
import type { Server, ServerRequest } from '../http/server.js'

/** Short request to the route by which vLLM and SGLang say that they work. */
export const healthRequest: ServerRequest<string> = {
  method: 'GET',
  path: '/health',
  codec: t.string,
  form: 'text',
  isRepeatable: true,
  retries: 0,
  timeout: 10,
}

/** Asks once whether a server works. @errors ServerError */
export const askHealth = (server: Server): Observable<unknown> => server.request(healthRequest)
