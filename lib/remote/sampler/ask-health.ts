import * as t from 'io-ts'
import type { Observable } from 'rxjs'
import type { Server } from '../http/server.js'

/** Asks once whether a server works, by the route that vLLM and SGLang have for it. @errors ServerError */
export const askHealth = (server: Server): Observable<unknown> =>
  server.request({
    ...{ method: 'GET', path: '/health', codec: t.string, form: 'text' },
    ...{ isRepeatable: true, retries: 0, timeout: 10 },
  })
