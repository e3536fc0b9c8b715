import { BehaviorSubject, type Observable } from 'rxjs'
import type { Gate } from './gate.js'
import type { RunCommand } from './run-command.js'
import { type Ending, isOver, type RunState } from './run-state.js'
import type { EntropyControl } from './entropy-control.js'

/** A person's hand on a run. */
export interface RunControl {
  /** As it changes; a late subscriber gets the present one first. */
  readonly state$: Observable<RunState>
  /** @errors RangeError for points that are no plan, and where the run is stopping or over */
  readonly execute: (command: RunCommand) => void
  /** Says that the run is over, and how it ended. */
  readonly end: (ending: Ending) => void
}

/** What moves a run from outside: its band, and whether it goes on. */
export interface Steering {
  readonly entropy: EntropyControl
  readonly gate: Gate
}

/** What a hand moves. */
export interface RunControlPorts {
  readonly entropy: Pick<EntropyControl, 'steer' | 'release'>
  /** Held while the run is paused. */
  readonly gate: Pick<Gate, 'hold'>
  /** Ends the run in order. */
  readonly stop: () => void
}

/** One place where what a person asks, from wherever, becomes what a run does. */
export const runControl = ({ entropy, gate, stop }: RunControlPorts): RunControl => {
  const state$ = new BehaviorSubject<RunState>({ status: 'running', override: null })
  const become = (change: Partial<RunState>) => state$.next({ ...state$.value, ...change })
  let open = () => {}
  const orders = {
    steer: ({ points }) => {
      entropy.steer(points)
      become({ override: points })
    },
    release: () => {
      entropy.release()
      become({ override: null })
    },
    pause: () => {
      if (state$.value.status === 'paused') return
      open = gate.hold()
      become({ status: 'paused' })
    },
    resume: () => {
      if (state$.value.status !== 'paused') return
      open()
      become({ status: 'running' })
    },
    stop: () => {
      become({ status: 'stopping' })
      stop()
    },
  } satisfies { readonly [C in RunCommand['command']]: (command: Extract<RunCommand, { command: C }>) => void }
  return {
    state$: state$.asObservable(),
    end: (status) => become({ status }),
    execute: (command) => {
      const { status } = state$.value
      if (isOver(state$.value)) throw new RangeError('this run is over')
      if (status === 'stopping' && command.command !== 'stop') throw new RangeError('this run is stopping')
      if (status !== 'stopping') (orders[command.command] as (command: RunCommand) => void)(command)
    },
  }
}
