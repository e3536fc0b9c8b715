import {
  BehaviorSubject,
  catchError,
  defer,
  distinctUntilChanged,
  exhaustMap,
  ignoreElements,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  share,
  Subject,
  takeUntil,
  tap,
  timer,
} from 'rxjs'
import type { Clock } from '../../timing/clock.js'
import { ServerError, type ServerProblem } from '../http/server-error.js'
import type { ServerStatus } from '../remote-policy.js'

/** Record of what a server does. */
export interface ServerActivity {
  /** Adds a change to the number of prompts that wait for their completions. */
  readonly count: (change: number) => void
  /** Counts sampled tokens. */
  readonly sampled: (tokens: number) => void
  /** Sets the version of the weights. */
  readonly setVersion: (version: number) => void
  /** Watches whether requests are answered. */
  readonly watch: <A>() => MonoTypeOperatorFunction<A>
  /** While it is subscribed, the server is asked whether it works. */
  readonly status$: Observable<ServerStatus>
  readonly close: () => void
}

/** Options of {@link createActivity}. @units seconds */
export interface ActivityOptions {
  readonly version: number
  /** Asks whether the server works. */
  readonly ask: () => Observable<unknown>
  /** Time between two such requests. */
  readonly interval: number
  readonly clock: Clock
}

/** Time over which tokens are counted. @units seconds */
const WINDOW = 10

/** Problems that show at once that the server answers nothing. */
const GONE: readonly ServerProblem[] = ['unreachable', 'suspended']

/** Problems of one request, which a server that is overloaded has, too. */
const SILENT: readonly ServerProblem[] = [...GONE, 'timed-out', 'failed', 'unreadable']

/** Number of questions in a row without an answer after which a server that has a connection counts as not alive. */
const QUESTIONS = 3

/** Creates the record of a server that works. */
export const createActivity = ({ version, ask, interval, clock }: ActivityOptions): ServerActivity => {
  const state$ = new BehaviorSubject<ServerStatus>({
    isAlive: true,
    fault: null,
    version,
    tokensPerSecond: 0,
    waiting: 0,
  })
  const closed$ = new Subject<void>()
  const set = (changes: Partial<ServerStatus>) => state$.next({ ...state$.value, ...changes })
  let counted: readonly { readonly at: number; readonly tokens: number }[] = []
  const countSpeed = (tokens: number) => {
    const now = clock()
    counted = [...counted, { at: now, tokens }].filter((each) => each.tokens > 0 && each.at > now - WINDOW)
    set({ tokensPerSecond: counted.reduce((sum, each) => sum + each.tokens, 0) / WINDOW })
  }
  /** Number of questions in a row without an answer. Other requests have limits of their own. */
  let unanswered = 0
  const answer = () => {
    unanswered = 0
    set({ isAlive: true, fault: null })
  }
  const watchFrom = <A>(isSilence: () => boolean): MonoTypeOperatorFunction<A> =>
    tap({
      next: answer,
      error: (error: unknown) => {
        if (!(error instanceof ServerError && SILENT.includes(error.problem))) answer()
        else if (GONE.includes(error.problem) || isSilence()) set({ isAlive: false, fault: error })
      },
    })
  const watch = <A>() => watchFrom<A>(() => false)
  const asking$ = timer(0, 1000 * interval).pipe(
    exhaustMap(() =>
      defer(ask).pipe(
        watchFrom(() => ++unanswered >= QUESTIONS),
        tap(() => countSpeed(0)),
        catchError(() => of(null)),
      ),
    ),
    ignoreElements(),
    share(),
  )
  return {
    count: (change) => set({ waiting: state$.value.waiting + change }),
    sampled: countSpeed,
    setVersion: (newest) => set({ version: newest }),
    watch,
    status$: merge(state$, asking$.pipe(takeUntil(closed$))).pipe(distinctUntilChanged(isSame)),
    close: () => {
      closed$.next()
      state$.complete()
    },
  }
}

const isSame = (one: ServerStatus, other: ServerStatus): boolean =>
  one.isAlive === other.isAlive &&
  one.fault?.message === other.fault?.message &&
  one.version === other.version &&
  one.tokensPerSecond === other.tokensPerSecond &&
  one.waiting === other.waiting
