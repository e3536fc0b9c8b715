import * as t from 'io-ts'
import type { RunServer } from '../control/run-state.js'

/** Codec of a server of a run. */
export const RunServerCodec: t.Type<RunServer, unknown> = t.readonly(
  t.intersection([
    t.type({
      name: t.string,
      work: t.keyof({ samples: null, trains: null, 'samples and trains': null } satisfies Record<
        RunServer['work'],
        null
      >),
      state: t.keyof({ ready: null, joining: null, away: null, returning: null } satisfies Record<
        RunServer['state'],
        null
      >),
      version: t.number,
      tokensPerSecond: t.number,
      waiting: t.number,
    }),
    t.partial({ fault: t.string }),
  ]),
  'RunServer',
)
